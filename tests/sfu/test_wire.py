"""Frames between server and worker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.commands import Consume, Done, OpenRoom, Produced, SetConsumerLayers
from sfu.events import TransportStateChanged, WorkerLoad
from sfu.wire import (
    FRAME_LIMIT,
    CommandEnvelope,
    Envelope,
    EventEnvelope,
    FrameBuffer,
    RefusalEnvelope,
    ReplyEnvelope,
    WireError,
    encode,
)

ENVELOPES: list[Envelope] = [
    CommandEnvelope(1, OpenRoom("room")),
    CommandEnvelope(2, Consume("room", "t", "c", "p", {"codecs": [{"mimeType": "video/VP8"}]}, spatial_layer=1)),
    CommandEnvelope(3, SetConsumerLayers("room", "c", 2, None)),
    ReplyEnvelope(1, Done()),
    ReplyEnvelope(2, Produced("simulcast")),
    RefusalEnvelope(3, "NOT_FOUND", "There is no such room."),
    EventEnvelope(TransportStateChanged("room", "t", "failed", "fingerprint")),
    EventEnvelope(WorkerLoad(0.5, 60.0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, {"srtp_auth": 13})),
]


@given(chosen=st.lists(st.sampled_from(ENVELOPES), max_size=12), cuts=st.lists(st.integers(1, 40), max_size=60))
def test_what_was_sent_arrives_in_order_however_the_stream_is_cut(chosen: list[Envelope], cuts: list[int]) -> None:
    stream = b"".join(encode(envelope) for envelope in chosen)
    frames, at = FrameBuffer(), 0
    arrived: list[Envelope] = []
    for cut in [*cuts, len(stream)]:
        arrived += frames.feed(stream[at : at + cut])
        at += cut
    assert arrived == chosen


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_waited_for_and_nothing_else(garbage: bytes) -> None:
    frames = FrameBuffer()
    try:
        list(frames.feed(len(garbage).to_bytes(4, "big") + garbage))
    except WireError:
        return
    raise AssertionError("random bytes were taken for an envelope")


def test_a_frame_announced_longer_than_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(WireError):
        list(FrameBuffer().feed((FRAME_LIMIT + 1).to_bytes(4, "big")))


def test_a_frame_longer_than_the_limit_is_not_sent() -> None:
    with pytest.raises(WireError):
        encode(RefusalEnvelope(1, "VALIDATION", "x" * FRAME_LIMIT))


def test_no_more_than_one_unfinished_frame_is_held() -> None:
    frames = FrameBuffer()
    whole = encode(ENVELOPES[0])
    assert len(list(frames.feed(whole * 1000 + whole[:5]))) == 1000
    assert len(frames._pending) == 5

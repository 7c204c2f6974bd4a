"""What waits for a receiver: served in turn, dropped when too old, and never more than its caps."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.ortc.sctp import SctpStreamParameters
from sfu.worker.outbox import MESSAGE_COST, RECEIVER_BYTES, STREAM_BYTES, Message, Outbox, OutStream, Parcel


def text(data: bytes) -> Message:
    return Message(51, data)


@pytest.fixture
def drops() -> Counter[str]:
    return Counter()


@pytest.fixture
def outbox(drops: Counter[str]) -> Outbox:
    return Outbox(drops)


def take(outbox: Outbox, now: float = 0.0) -> list[Parcel]:
    taken = []
    while (parcel := outbox.next(now)) is not None:
        taken.append(parcel)
    return taken


def test_streams_take_turns_and_each_keeps_its_order(outbox: Outbox) -> None:
    one, two = outbox.open(SctpStreamParameters(0)), outbox.open(SctpStreamParameters(1))
    for data in (b"1", b"2", b"3"):
        outbox.put(one, text(data), now=0.0)
    outbox.put(two, text(b"a"), now=0.0)
    assert [parcel.message.data for parcel in take(outbox)] == [b"1", b"a", b"2", b"3"]


def test_what_waited_beyond_its_lifetime_is_dropped(outbox: Outbox, drops: Counter[str]) -> None:
    stream = outbox.open(SctpStreamParameters(0, ordered=False, max_packet_life_time=100))
    outbox.put(stream, text(b"old"), now=0.0)
    outbox.put(stream, text(b"new"), now=0.05)
    assert [(parcel.message.data, parcel.expires) for parcel in take(outbox, now=0.12)] == [
        (b"new", 0.15000000000000002)
    ]
    assert drops == {"data_expired": 1}


def test_a_stream_holds_a_mebibyte_and_not_a_message_more(outbox: Outbox) -> None:
    stream = outbox.open(SctpStreamParameters(0))
    taken = [outbox.put(stream, text(bytes(262_144)), now=0.0) for _ in range(5)]
    assert taken == [True, True, True, True, False]


def test_what_has_left_and_is_not_acknowledged_counts(outbox: Outbox) -> None:
    stream = outbox.open(SctpStreamParameters(0))
    for _ in range(4):
        outbox.put(stream, text(bytes(262_144)), now=0.0)
    parcels = take(outbox)
    assert not outbox.put(stream, text(b"x"), now=0.0)
    outbox.settled(parcels[0])
    assert outbox.put(stream, text(b"x"), now=0.0)


def test_small_messages_count_as_what_they_take_in_memory(outbox: Outbox) -> None:
    stream = outbox.open(SctpStreamParameters(0))
    taken = 0
    while outbox.put(stream, text(b"x"), now=0.0):
        taken += 1
    assert taken == STREAM_BYTES // MESSAGE_COST


def test_all_streams_of_a_receiver_together_have_a_cap(outbox: Outbox) -> None:
    streams = [outbox.open(SctpStreamParameters(number)) for number in range(20)]
    taken = sum(outbox.put(stream, text(bytes(STREAM_BYTES)), now=0.0) for stream in streams)
    assert taken == RECEIVER_BYTES // STREAM_BYTES


def test_a_closed_stream_gives_back_what_it_held(outbox: Outbox) -> None:
    stream = outbox.open(SctpStreamParameters(0))
    outbox.put(stream, text(bytes(1000)), now=0.0)
    outbox.close(stream)
    assert (outbox.buffered, take(outbox)) == (0, [])


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "next", "settle", "close"]), st.integers(0, 3), st.integers(0, 300_000)),
    max_size=80,
)


@given(STEPS)
def test_what_is_buffered_is_always_the_sum_of_what_is_where(steps: list[tuple[str, int, int]]) -> None:
    outbox = Outbox(Counter())
    streams: list[OutStream] = [outbox.open(SctpStreamParameters(number)) for number in range(4)]
    out: list[Parcel] = []
    for step, number, size in steps:
        stream = streams[number]
        if step == "put" and not stream.closed:
            outbox.put(stream, text(bytes(size)), now=0.0)
        elif step == "next" and (parcel := outbox.next(0.0)) is not None:
            out.append(parcel)
        elif step == "settle" and out:
            outbox.settled(out.pop(0))
        elif step == "close":
            outbox.close(stream)
        assert outbox.buffered == sum(stream.buffered for stream in streams) <= RECEIVER_BYTES
        assert all(stream.buffered <= STREAM_BYTES for stream in streams)

"""What a producer is on a pipe: the same to its consumers, in the router's numbers to the worker."""

from __future__ import annotations

from typing import Any

import pytest

from sfu.ortc import ConsumerIdentity, consumer_parameters, map_producer, parse_rtp_capabilities, parse_rtp_parameters
from sfu.ortc.capabilities import MID
from sfu.ortc.model import OrtcError
from sfu.ortc.piping import media_from_plain, media_to_plain, piped_media
from tests.sfu.clients import browser_capabilities, chromium_camera, chromium_microphone, red_microphone

SVC = {"encodings": [{"ssrc": 7, "scalabilityMode": "L3T3_KEY"}]}
IDENTITY = ConsumerIdentity(mid="3", ssrc=1, rtx_ssrc=2, cname="name")


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("audio", chromium_microphone()),
        ("audio", red_microphone()),
        ("video", chromium_camera()),
        ("video", chromium_camera(**SVC)),
    ],
)
def test_a_consumer_is_given_the_same_on_either_side_of_a_pipe(kind: Any, parameters: Any) -> None:
    media = map_producer(kind, parse_rtp_parameters(parameters, kind))
    piped = piped_media(media, range(10, 10 + len(media.encodings)))
    capabilities = parse_rtp_capabilities(browser_capabilities())
    there = consumer_parameters(piped, capabilities, IDENTITY)
    assert there == consumer_parameters(media, capabilities, IDENTITY)
    assert (piped.type, piped.layers) == (media.type, media.layers)


def test_encodings_of_a_pipe_are_known_by_ssrcs_alone_and_repeated_without_rtx() -> None:
    media = piped_media(map_producer("video", parse_rtp_parameters(chromium_camera(), "video")), [5, 6, 7])
    assert [(encoding.ssrc, encoding.rtx) for encoding in media.encodings] == [(5, None), (6, None), (7, None)]
    assert (media.mid, media.rtx) == (None, None)
    assert MID not in {extension.uri for extension in media.header_extensions}
    assert {(f.type, f.parameter) for f in media.codec.rtcp_feedback or ()} == {("nack", None), ("nack", "pli")}


def test_a_producer_survives_the_way_to_another_process() -> None:
    media = map_producer("video", parse_rtp_parameters(chromium_camera(), "video"))
    assert media_from_plain(media_to_plain(media)) == media
    with pytest.raises(OrtcError):
        media_from_plain({"kind": "video"})

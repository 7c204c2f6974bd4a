"""From a producer's parameters to a consumer's."""

from __future__ import annotations

from typing import Any

import pytest

from sfu.ortc import (
    ROUTER_RTP_CAPABILITIES,
    ConsumerIdentity,
    OrtcError,
    ProducerMedia,
    can_consume,
    consumer_parameters,
    map_producer,
    parse_rtp_capabilities,
    parse_rtp_parameters,
    to_plain,
)
from sfu.ortc.capabilities import ABS_SEND_TIME, DEPENDENCY_DESCRIPTOR
from sfu.ortc.matching import H264Profile, h264_profile
from sfu.ortc.piping import piped_media
from sfu.ortc.scalability import Scalability, parse_scalability_mode
from tests.sfu.clients import (
    MID,
    TWCC,
    bot_capabilities,
    browser_capabilities,
    chromium_camera,
    chromium_microphone,
    pymediasoup_camera,
    red_microphone,
    video,
)

IDENTITY = ConsumerIdentity(mid="3", ssrc=1000, rtx_ssrc=2000, cname="somebody")
H264 = {"packetization-mode": 1, "level-asymmetry-allowed": 1}


def producer(parameters: dict[str, Any], kind: Any = "video") -> ProducerMedia:
    return map_producer(kind, parse_rtp_parameters(parameters, kind))


def consumed(parameters: dict[str, Any], capabilities: dict[str, Any], kind: Any = "video") -> dict[str, Any]:
    return to_plain(consumer_parameters(producer(parameters, kind), parse_rtp_capabilities(capabilities), IDENTITY))


def caps_with(mime_type: str, parameters: dict[str, Any]) -> Any:
    codec = {"mimeType": mime_type, "clockRate": 90000, "parameters": parameters}
    return parse_rtp_capabilities({"codecs": [codec], "headerExtensions": []})


def test_router_payload_types_are_unique_and_leave_room_for_rtcp() -> None:
    payload_types = [codec.preferred_payload_type for codec in ROUTER_RTP_CAPABILITIES.codecs]
    assert len(set(payload_types)) == len(payload_types)
    assert not [p for p in payload_types if p is None or 64 <= p <= 95]


def test_each_video_codec_has_its_rtx() -> None:
    video_codecs = [c for c in ROUTER_RTP_CAPABILITIES.codecs if c.kind == "video"]
    media = {c.preferred_payload_type for c in video_codecs if c.mime_type != "video/rtx"}
    assert {(c.parameters or {})["apt"] for c in video_codecs if c.mime_type == "video/rtx"} == media


def test_extension_ids_name_one_extension_each_and_fit_one_byte() -> None:
    ids = {(e.preferred_id, e.uri) for e in ROUTER_RTP_CAPABILITIES.header_extensions or ()}
    assert len({number for number, _ in ids}) == len(ids)
    assert all(1 <= number <= 14 for number, _ in ids)


def test_simulcast_arrives_as_simulcast_with_its_layers() -> None:
    media = producer(chromium_camera())
    assert (media.type, media.layers, media.cname) == ("simulcast", Scalability(3, 3), None)
    assert (media.rtx.payload_type if media.rtx else None) == 97


def test_one_stream_with_layers_inside_is_svc() -> None:
    media = producer(video("video/VP9", {"profile-id": 0}, scalabilityMode="L3T3_KEY"))
    assert (media.type, media.layers) == ("svc", Scalability(3, 3))


def test_one_stream_without_layers_is_simple() -> None:
    assert producer(pymediasoup_camera()).type == "simple"
    assert producer(chromium_microphone(), "audio").type == "simple"


@pytest.mark.parametrize("mime_type", ["video/H265", "video/red", "video/flexfec-03"])
def test_a_codec_no_room_carries_is_refused(mime_type: str) -> None:
    with pytest.raises(OrtcError, match="unsupported codec"):
        producer(video(mime_type, {}))


def test_a_consumer_gets_the_routers_numbers_whatever_the_producer_uses() -> None:
    parameters = chromium_camera()
    parameters["codecs"][0]["payloadType"] = 120
    parameters["codecs"][1] |= {"payloadType": 121, "parameters": {"apt": 120}}
    result = consumed(parameters, browser_capabilities())
    assert [(c["mimeType"], c["payloadType"]) for c in result["codecs"]] == [("video/VP8", 96), ("video/rtx", 97)]
    assert result["codecs"][1]["parameters"] == {"apt": 96}
    assert {e["uri"]: e["id"] for e in result["headerExtensions"]}[MID] == 1


def test_a_consumer_is_sent_one_stream_under_its_own_identity() -> None:
    result = consumed(chromium_camera(), browser_capabilities())
    assert result["mid"] == "3"
    assert result["rtcp"] == {"cname": "somebody", "reducedSize": True, "mux": True}
    assert result["encodings"] == [
        {"ssrc": 1000, "rtx": {"ssrc": 2000}, "scalabilityMode": "S3T3", "maxBitrate": 900_000}
    ]


def test_what_names_the_producers_streams_is_not_offered_onwards() -> None:
    result = consumed(chromium_camera(), browser_capabilities())
    assert not [extension["uri"] for extension in result["headerExtensions"] if "rtp-stream-id" in extension["uri"]]


def test_video_with_retransmissions_of_their_own_is_stamped_for_bandwidth_estimation() -> None:
    result = consumed(chromium_camera(), browser_capabilities())
    uris = {extension["uri"] for extension in result["headerExtensions"]}
    assert {TWCC, ABS_SEND_TIME} <= uris
    assert {f["type"] for f in result["codecs"][0]["rtcpFeedback"]} == {"nack", "ccm", "transport-cc", "rrtr"}


def test_whoever_receives_video_is_offered_its_round_trip_though_no_browser_lists_that() -> None:
    capabilities = browser_capabilities()
    assert "rrtr" not in {f["type"] for codec in capabilities["codecs"] for f in codec["rtcpFeedback"]}
    for theirs in (capabilities, bot_capabilities()):
        camera = consumed(chromium_camera(), theirs)
        assert "rrtr" in {f["type"] for f in camera["codecs"][0]["rtcpFeedback"]}
    microphone = consumed(chromium_microphone(), capabilities, "audio")
    assert "rrtr" not in {f["type"] for f in microphone["codecs"][0]["rtcpFeedback"]}


@pytest.mark.parametrize(("mime_type", "described"), [("video/VP8", False), ("video/VP9", False), ("video/AV1", True)])
def test_pictures_that_are_numbered_in_their_payload_bear_no_descriptor_that_counts_otherwise(
    mime_type: str, described: bool
) -> None:
    router = next(codec for codec in ROUTER_RTP_CAPABILITIES.codecs if codec.mime_type == mime_type)
    result = consumed(video(mime_type, dict(router.parameters or {})), browser_capabilities())
    uris = {extension["uri"] for extension in result["headerExtensions"]}
    assert (DEPENDENCY_DESCRIPTOR in uris) is described


def test_what_may_be_sent_again_under_its_own_number_is_never_stamped() -> None:
    without_rtx = browser_capabilities()
    without_rtx["codecs"] = [codec for codec in without_rtx["codecs"] if not codec["mimeType"].endswith("/rtx")]
    for result in (
        consumed(chromium_camera(), without_rtx),
        consumed(chromium_microphone(), browser_capabilities(), "audio"),
    ):
        assert not {TWCC, ABS_SEND_TIME} & {extension["uri"] for extension in result["headerExtensions"]}
        assert not {"transport-cc", "goog-remb"} & {f["type"] for f in result["codecs"][0]["rtcpFeedback"]}


def test_a_client_without_rtx_gets_no_rtx() -> None:
    result = consumed(chromium_camera(), bot_capabilities())
    assert [codec["payloadType"] for codec in result["codecs"]] == [96]
    assert "rtx" not in result["encodings"][0]
    assert [extension["uri"] for extension in result["headerExtensions"]] == [MID]


def test_feedback_the_client_does_not_speak_is_left_out() -> None:
    result = consumed(chromium_microphone(), bot_capabilities(), "audio")
    assert result["codecs"][0]["rtcpFeedback"] == []
    assert result["codecs"][0]["parameters"] == {"minptime": 10, "useinbandfec": 1}


def test_audio_needs_the_same_channels() -> None:
    mono = {"codecs": [{"mimeType": "audio/opus", "clockRate": 48000, "channels": 1}]}
    assert not can_consume(producer(chromium_microphone(), "audio"), parse_rtp_capabilities(mono))


@pytest.mark.parametrize(
    ("theirs", "ours", "same"),
    [
        ("42e01f", "42e01f", True),
        ("42e034", "42e01f", True),  # the level does not matter
        ("42c01f", "42e01f", True),  # two spellings of constrained baseline
        ("42001f", "42e01f", False),
        ("4d001f", "42e01f", False),
        ("zzzzzz", "42e01f", False),
        ("42e01f00", "42e01f", False),
    ],
)
def test_h264_profiles_match_by_profile(theirs: str, ours: str, same: bool) -> None:
    media = producer(video("video/H264", {**H264, "profile-level-id": ours}))
    assert can_consume(media, caps_with("video/H264", {**H264, "profile-level-id": theirs})) is same


def test_h264_packetization_modes_do_not_mix() -> None:
    media = producer(video("video/H264", {**H264, "profile-level-id": "42e01f"}))
    other = {"packetization-mode": 0, "profile-level-id": "42e01f"}
    assert not can_consume(media, caps_with("video/H264", other))
    assert can_consume(media, caps_with("video/H264", {**other, "packetization-mode": "1"}))


def test_a_missing_h264_profile_is_constrained_baseline() -> None:
    assert can_consume(
        producer(video("video/H264", {"packetization-mode": 1})),
        caps_with("video/H264", {"packetization-mode": 1, "profile-level-id": "42e01f"}),
    )


@pytest.mark.parametrize(
    ("profile", "mode"),
    [*((p, m) for p in ("42001f", "42e01f", "4d001f") for m in (0, 1)), ("640c1f", 1), ("64001f", 1)],
)
def test_browsers_may_send_every_h264_they_have(profile: str, mode: int) -> None:
    media = producer(video("video/H264", {"packetization-mode": mode, "profile-level-id": profile}))
    assert h264_profile(str((media.router_codec.parameters or {})["profile-level-id"])) == h264_profile(profile)


def test_h264_profiles_are_told_by_their_constraint_bits() -> None:
    assert h264_profile("4de01f") is H264Profile.CONSTRAINED_BASELINE
    assert h264_profile("f4001f") is H264Profile.PREDICTIVE_HIGH_444
    assert h264_profile("ff001f") is None


def test_vp9_profiles_do_not_mix() -> None:
    media = producer(video("video/VP9", {"profile-id": 2}))
    assert media.router_codec.preferred_payload_type == 100
    assert not can_consume(media, caps_with("video/VP9", {}))
    assert can_consume(media, caps_with("video/VP9", {"profile-id": "2"}))


@pytest.mark.parametrize(
    ("mode", "layers"),
    [("L1T3", (1, 3)), ("L3T3_KEY", (3, 3)), ("S2T1", (2, 1)), ("L2T2_KEY_SHIFT", (2, 2)), ("nonsense", (1, 1))],
)
def test_scalability_modes(mode: str, layers: tuple[int, int]) -> None:
    assert parse_scalability_mode(mode) == layers


def test_redundant_audio_is_offered_to_those_who_take_it_when_its_producer_sends_it() -> None:
    result = consumed(red_microphone(), browser_capabilities(), "audio")
    assert [(codec["mimeType"], codec["payloadType"]) for codec in result["codecs"]] == [
        ("audio/opus", 111),
        ("audio/red", 63),
    ]
    assert result["codecs"][1]["parameters"] == {"111/111": ""}
    for parameters, capabilities in (
        (red_microphone(), bot_capabilities()),
        (chromium_microphone(), browser_capabilities()),
    ):
        result = consumed(parameters, capabilities, "audio")
        assert [codec["mimeType"] for codec in result["codecs"]] == ["audio/opus"]


def test_redundant_audio_needs_the_codec_that_it_repeats() -> None:
    alone = red_microphone()
    alone["codecs"] = alone["codecs"][:1]
    with pytest.raises(OrtcError, match="needs the codec"):
        producer(alone, "audio")


def test_a_pipe_carries_redundant_audio_as_it_is() -> None:
    piped = piped_media(producer(red_microphone(), "audio"), [5])
    assert piped.red is not None
    assert (piped.red.mime_type, piped.red.payload_type, piped.red.parameters) == ("audio/red", 63, {"111/111": ""})

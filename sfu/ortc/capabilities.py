"""What a room here can receive and forward: the `routerRtpCapabilities` that `Device.load()` takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sfu.ortc.model import (
    CodecCapability,
    ExtensionCapability,
    Kind,
    RtcpFeedback,
    RtpCapabilities,
)

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_WIDE_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
VIDEO_ORIENTATION = "urn:3gpp:video-orientation"
TOFFSET = "urn:ietf:params:rtp-hdrext:toffset"
ABS_CAPTURE_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
DEPENDENCY_DESCRIPTOR = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"

ROUND_TRIP = RtcpFeedback("rrtr")
"""Receiver reference times (RFC 3611 section 4.4), by which a browser that only receives learns its round trip. Offered
with every consumer of video, and not among what the router can: browsers list it nowhere, and take it when offered.
"""

_AUDIO_FEEDBACK = (RtcpFeedback("nack"), RtcpFeedback("transport-cc"))
_VIDEO_FEEDBACK = (
    RtcpFeedback("nack"),
    RtcpFeedback("nack", "pli"),
    RtcpFeedback("ccm", "fir"),
    RtcpFeedback("goog-remb"),
    RtcpFeedback("transport-cc"),
)

_FormatParameters = Mapping[str, str | int]


def _h264(profile_level_id: str, packetization_mode: int) -> _FormatParameters:
    return {
        "packetization-mode": packetization_mode,
        "profile-level-id": profile_level_id,
        "level-asymmetry-allowed": 1,
    }


# (MIME type, payload type, format parameters); RTX takes the payload type after it. The numbers are Chromium's where it
# has one, all outside 64-95, which RTCP multiplexing takes (RFC 5761 section 4).
_VIDEO_CODECS: tuple[tuple[str, int, _FormatParameters], ...] = (
    ("video/VP8", 96, {}),
    ("video/VP9", 98, {"profile-id": 0}),
    ("video/VP9", 100, {"profile-id": 2}),
    ("video/H264", 102, _h264("42001f", 1)),
    ("video/H264", 104, _h264("42001f", 0)),
    ("video/H264", 106, _h264("42e01f", 1)),
    ("video/H264", 108, _h264("42e01f", 0)),
    ("video/H264", 112, _h264("4d001f", 1)),
    ("video/H264", 114, _h264("4d001f", 0)),
    ("video/H264", 116, _h264("640c1f", 1)),
    ("video/H264", 118, _h264("64001f", 1)),
    ("video/AV1", 45, {"profile": 0, "level-idx": 5, "tier": 0}),
)

# Directions are the router's: recvonly ones are written anew, or not at all, towards consumers. Send times and
# transport-wide numbers are new with each sending, and a packet sent again under its own number must be the same to the
# last byte (RFC 3711 section 9.1): they go with streams whose retransmissions have their own numbers, never with sound.
_EXTENSIONS: tuple[tuple[tuple[Kind, ...], str, int, str], ...] = (
    (("audio", "video"), MID, 1, "sendrecv"),
    (("video",), RID, 2, "recvonly"),
    (("video",), REPAIRED_RID, 3, "recvonly"),
    (("audio",), ABS_SEND_TIME, 4, "recvonly"),
    (("video",), ABS_SEND_TIME, 4, "sendrecv"),
    (("audio",), TRANSPORT_WIDE_CC, 5, "recvonly"),
    (("video",), TRANSPORT_WIDE_CC, 5, "sendrecv"),
    (("video",), DEPENDENCY_DESCRIPTOR, 8, "sendrecv"),
    (("audio",), AUDIO_LEVEL, 10, "sendrecv"),
    (("video",), VIDEO_ORIENTATION, 11, "sendrecv"),
    (("video",), TOFFSET, 12, "sendrecv"),
    (("audio", "video"), ABS_CAPTURE_TIME, 13, "sendrecv"),
    (("video",), PLAYOUT_DELAY, 14, "sendrecv"),
)


def _codecs() -> Iterator[CodecCapability]:
    yield CodecCapability(
        kind="audio",
        mime_type="audio/opus",
        clock_rate=48000,
        channels=2,
        preferred_payload_type=111,
        parameters={"minptime": 10, "useinbandfec": 1},
        rtcp_feedback=_AUDIO_FEEDBACK,
    )
    # Copies of earlier packets for those who take them; after Opus, so that nobody sends it without asking for it.
    yield CodecCapability(
        kind="audio",
        mime_type="audio/red",
        clock_rate=48000,
        channels=2,
        preferred_payload_type=63,
        parameters={},
        rtcp_feedback=(),
    )
    for mime_type, payload_type, parameters in _VIDEO_CODECS:
        yield CodecCapability(
            kind="video",
            mime_type=mime_type,
            clock_rate=90000,
            preferred_payload_type=payload_type,
            parameters=dict(parameters),
            rtcp_feedback=_VIDEO_FEEDBACK,
        )
        yield CodecCapability(
            kind="video",
            mime_type="video/rtx",
            clock_rate=90000,
            preferred_payload_type=payload_type + 1,
            parameters={"apt": payload_type},
            rtcp_feedback=(),
        )


def _extensions() -> Iterator[ExtensionCapability]:
    for kinds, uri, preferred_id, direction in _EXTENSIONS:
        for kind in kinds:
            yield ExtensionCapability(
                kind=kind,
                uri=uri,
                preferred_id=preferred_id,
                preferred_encrypt=False,
                direction=direction,  # type: ignore[arg-type]  # the table above holds only the four words
            )


ROUTER_RTP_CAPABILITIES = RtpCapabilities(codecs=tuple(_codecs()), header_extensions=tuple(_extensions()))

FORWARDED_EXTENSIONS: Mapping[Kind, Mapping[str, int]] = MappingProxyType(
    {
        kind: MappingProxyType(
            {
                uri: preferred_id
                for kinds, uri, preferred_id, direction in _EXTENSIONS
                if kind in kinds and direction == "sendrecv"
            }
        )
        for kind in ("audio", "video")
    }
)
"""What a consumer of each kind may be given: URI to the router's id."""

"""RTP parameters and capabilities in the shapes real clients send, and small variations of them."""

from __future__ import annotations

from typing import Any

from sfu.ortc import ROUTER_RTP_CAPABILITIES, to_plain

Plain = dict[str, Any]

NACK_PLI_FIR = [{"type": "nack"}, {"type": "nack", "parameter": "pli"}, {"type": "ccm", "parameter": "fir"}]
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
TWCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


def chromium_microphone(**changes: Any) -> Plain:
    return {
        "mid": "0",
        "codecs": [
            {
                "mimeType": "audio/opus",
                "payloadType": 111,
                "clockRate": 48000,
                "channels": 2,
                "parameters": {"minptime": 10, "useinbandfec": 1},
                "rtcpFeedback": [{"type": "nack", "parameter": ""}, {"type": "transport-cc", "parameter": ""}],
            }
        ],
        "headerExtensions": [
            {"uri": MID, "id": 4, "encrypt": False, "parameters": {}},
            {"uri": "urn:ietf:params:rtp-hdrext:ssrc-audio-level", "id": 1, "encrypt": False, "parameters": {}},
        ],
        "encodings": [{"ssrc": 11111, "dtx": False}],
        "rtcp": {"cname": "chromium", "reducedSize": True},
        **changes,
    }


def red_microphone() -> Plain:
    """Opus with redundant copies (RFC 2198), as a client offers it that asks for both."""
    parameters = chromium_microphone()
    red = {"mimeType": "audio/red", "payloadType": 63, "clockRate": 48000, "channels": 2, "parameters": {"111/111": ""}}
    return parameters | {"codecs": [red, *parameters["codecs"]]}


def chromium_camera(**changes: Any) -> Plain:
    """Three simulcast encodings: no ssrc, no rtx ssrc, and an empty cname."""
    return {
        "mid": "1",
        "msid": "stream track",
        "codecs": [
            {
                "mimeType": "video/VP8",
                "payloadType": 96,
                "clockRate": 90000,
                "parameters": {},
                "rtcpFeedback": [*NACK_PLI_FIR, {"type": "transport-cc", "parameter": ""}],
            },
            {
                "mimeType": "video/rtx",
                "payloadType": 97,
                "clockRate": 90000,
                "parameters": {"apt": 96},
                "rtcpFeedback": [],
            },
        ],
        "headerExtensions": [{"uri": MID, "id": 4}, {"uri": RID, "id": 10}, {"uri": REPAIRED_RID, "id": 11}],
        "encodings": [
            {"rid": f"r{i}", "active": True, "scaleResolutionDownBy": 4 / 2**i, "maxBitrate": rate, **LAYERED}
            for i, rate in enumerate((100_000, 300_000, 900_000))
        ],
        "rtcp": {"cname": "", "reducedSize": True},
        **changes,
    }


LAYERED = {"scalabilityMode": "L1T3", "dtx": False}


def video(mime_type: str, parameters: Plain, **encoding: Any) -> Plain:
    """One encoding of another codec."""
    codec = {"mimeType": mime_type, "payloadType": 45, "clockRate": 90000, "parameters": parameters}
    return {"mid": "1", "codecs": [codec], "encodings": [{"ssrc": 7, **encoding}], "rtcp": {"cname": "c"}}


def pymediasoup_camera() -> Plain:
    """Optional fields come as null."""
    codec = chromium_camera()["codecs"][0] | {
        "channels": None,
        "rtcpFeedback": [{"type": "goog-remb", "parameter": None}],
    }
    return {
        "mid": "0",
        "codecs": [codec],
        "headerExtensions": [{"uri": MID, "id": 1, "encrypt": False, "parameters": {}}],
        "encodings": [{"ssrc": 5, "rid": None, "rtx": None, "codecPayloadType": None, "scalabilityMode": None}],
        "rtcp": {"cname": "bot", "reducedSize": True, "mux": None},
    }


def browser_capabilities() -> Plain:
    """A browser that can do all we can, as `device.rtpCapabilities` has it: in the router's numbers."""
    return to_plain(ROUTER_RTP_CAPABILITIES)


def bot_capabilities() -> Plain:
    """VP8 and Opus, no RTX, nothing but mid; numbers of its own."""
    return {
        "codecs": [
            {"kind": "audio", "mimeType": "audio/opus", "clockRate": 48000, "channels": 2},
            {"kind": "video", "mimeType": "video/VP8", "clockRate": 90000, "rtcpFeedback": NACK_PLI_FIR},
        ],
        "headerExtensions": [{"kind": "video", "uri": MID, "preferredId": 1}],
    }

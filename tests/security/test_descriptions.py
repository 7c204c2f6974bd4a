"""Case 9: descriptions of media far beyond what a browser sends are refused, and quickly. There is no SDP to parse."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from sfu.ortc import OrtcError, parse_dtls_parameters, parse_rtp_capabilities, parse_rtp_parameters
from tests.sfu.clients import chromium_camera

MANY = 5_000
CODEC = {"mimeType": "video/VP8", "payloadType": 96, "clockRate": 90_000}
LONG = "x" * 60_000


@pytest.mark.parametrize(
    "change",
    [
        {"codecs": [CODEC] * MANY},
        {"codecs": [CODEC | {"parameters": {str(i): i for i in range(MANY)}}]},
        {"codecs": [CODEC | {"rtcpFeedback": [{"type": "nack"}] * MANY}]},
        {"encodings": [{"ssrc": i + 1} for i in range(MANY)]},
        {"headerExtensions": [{"uri": f"urn:{i}", "id": i % 14 + 1} for i in range(MANY)]},
        {"headerExtensions": [{"uri": LONG, "id": 1}]},
        {"mid": LONG},
        {"rtcp": {"cname": LONG}},
        {"encodings": [{"ssrc": 1, "scalabilityMode": LONG}]},
        {"encodings": [{"ssrc": 1, "maxBitrate": 2**63}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_case_09_more_than_any_browser_sends_is_refused_at_once(change: dict[str, Any]) -> None:
    began = time.perf_counter()
    with pytest.raises(OrtcError):
        parse_rtp_parameters(chromium_camera(**change), "video")
    assert time.perf_counter() - began < 0.05


def test_case_09_capabilities_and_fingerprints_have_caps_too() -> None:
    began = time.perf_counter()
    with pytest.raises(OrtcError):
        parse_rtp_capabilities({"codecs": [CODEC | {"kind": "video", "preferredPayloadType": 96}] * MANY})
    with pytest.raises(OrtcError):
        parse_dtls_parameters({"fingerprints": [{"algorithm": "sha-256", "value": ":".join(["AB"] * 32)}] * MANY})
    assert time.perf_counter() - began < 0.05


def test_case_21_no_private_key_lies_in_the_sources() -> None:
    root = Path(__file__).parents[2]
    marker = "PRIVATE " + "KEY-----"
    folders = ("config", "docs", "persistence", "scripts", "server", "sfu", "signaling", "tests", "web")
    skipped = {"node_modules", "target", "__pycache__", "dist"}
    paths = (path for folder in folders for path in (root / folder).rglob("*"))
    texts = (
        path
        for path in paths
        if path.suffix in {".py", ".pem", ".key", ".yaml", ".ts", ".md", ".rs", ".sh"} and not skipped & set(path.parts)
    )
    assert [str(path) for path in texts if path.is_file() and marker in path.read_text()] == []

"""What a client may send as ORTC objects, and what it is refused."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.ortc import OrtcError, parse_dtls_parameters, parse_rtp_capabilities, parse_rtp_parameters
from tests.sfu.clients import (
    browser_capabilities,
    chromium_camera,
    chromium_microphone,
    pymediasoup_camera,
)

SHA_256 = {"algorithm": "sha-256", "value": ":".join(["AB"] * 32)}


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [("audio", chromium_microphone()), ("video", chromium_camera()), ("video", pymediasoup_camera())],
)
def test_real_clients_are_understood(kind: Any, parameters: dict[str, Any]) -> None:
    assert parse_rtp_parameters(parameters, kind).codecs[0].payload_type == parameters["codecs"][0]["payloadType"]


def test_a_client_may_hand_back_our_own_capabilities() -> None:
    assert len(parse_rtp_capabilities(browser_capabilities()).codecs) == len(browser_capabilities()["codecs"])


ENCODING = {"ssrc": 5}
REFUSED = {
    "no codec": {"codecs": []},
    "no encoding": {"encodings": []},
    "too many encodings": {"encodings": [{"ssrc": i + 1} for i in range(5)]},
    "an encoding nobody can find": {"encodings": [{"maxBitrate": 1}]},
    "a rid without a mid": {"mid": None, "encodings": [{"rid": "r0"}]},
    "the same ssrc twice": {"encodings": [ENCODING, ENCODING]},
    "an ssrc that is its own rtx": {"encodings": [{"ssrc": 5, "rtx": {"ssrc": 5}}]},
    "the same rid twice": {"encodings": [{"rid": "r0"}, {"rid": "r0"}]},
    "ssrc zero": {"encodings": [{"ssrc": 0}]},
    "an ssrc of 33 bits": {"encodings": [{"ssrc": 2**32}]},
    "a payload type of 8 bits": {"codecs": [chromium_camera()["codecs"][0] | {"payloadType": 128}]},
    "the same payload type twice": {"codecs": [chromium_camera()["codecs"][0]] * 2},
    "rtx alone": {"codecs": [chromium_camera()["codecs"][1]]},
    "rtx of nothing": {"codecs": [chromium_camera()["codecs"][0], chromium_camera()["codecs"][1] | {"parameters": {}}]},
    "another kind": {"codecs": chromium_microphone()["codecs"]},
    "the same extension id twice": {"headerExtensions": [{"uri": "a", "id": 1}, {"uri": "b", "id": 1}]},
    "the same extension twice": {"headerExtensions": [{"uri": "a", "id": 1}, {"uri": "a", "id": 2}]},
    "extension id zero": {"headerExtensions": [{"uri": "a", "id": 0}]},
    "too many extensions": {"headerExtensions": [{"uri": str(i), "id": i + 1} for i in range(33)]},
    "a mid of a kilobyte": {"mid": "1" * 1024},
    "a rid with a line break": {"encodings": [{"rid": "r0\r\n"}]},
    "a codec that is a string": {"codecs": ["video/VP8"]},
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED.keys())
def test_producer_parameters_are_refused_with(change: dict[str, Any]) -> None:
    with pytest.raises(OrtcError):
        parse_rtp_parameters(chromium_camera(**change), "video")


def test_the_refusal_names_the_place() -> None:
    with pytest.raises(OrtcError, match=r"encodings\[0\]\.ssrc"):
        parse_rtp_parameters(chromium_camera(encodings=[{"ssrc": "1"}]), "video")


def test_audio_has_one_encoding() -> None:
    with pytest.raises(OrtcError):
        parse_rtp_parameters(chromium_microphone(encodings=[{"ssrc": 1}, {"ssrc": 2}]), "audio")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(key=st.sampled_from(sorted(chromium_camera())), value=json_values)
def test_any_value_anywhere_is_taken_or_refused_and_nothing_else(key: str, value: Any) -> None:
    for parse in (
        lambda: parse_rtp_parameters(chromium_camera(**{key: value}), "video"),
        lambda: parse_rtp_capabilities({"codecs": value, "headerExtensions": value}),
        lambda: parse_dtls_parameters({"role": "client", "fingerprints": value}),
        lambda: parse_rtp_capabilities(value),
    ):
        with contextlib.suppress(OrtcError):
            parse()


def test_a_codec_of_the_wrong_kind_in_capabilities_is_refused() -> None:
    with pytest.raises(OrtcError):
        parse_rtp_capabilities({"codecs": [{"kind": "audio", "mimeType": "video/VP8", "clockRate": 90000}]})


@pytest.mark.parametrize(("algorithm", "length"), [("sha-256", 32), ("sha-384", 48), ("SHA-512", 64)])
def test_fingerprints_of_the_sha2_family_are_taken(algorithm: str, length: int) -> None:
    value = ":".join(["0a"] * length)
    parsed = parse_dtls_parameters({"fingerprints": [{"algorithm": algorithm, "value": value}]})
    assert (parsed.role, parsed.fingerprints[0].value) == ("auto", value)


@pytest.mark.parametrize(
    "fingerprints",
    [
        [],
        [{"algorithm": "sha-1", "value": ":".join(["AB"] * 20)}],
        [{"algorithm": "sha-256", "value": ""}],
        [{"algorithm": "sha-256", "value": ":".join(["AB"] * 31)}],
        [{"algorithm": "sha-256", "value": "AB" * 47 + "C"}],
        [SHA_256] * 9,
    ],
)
def test_dtls_parameters_without_a_proper_fingerprint_are_refused(fingerprints: list[Any]) -> None:
    with pytest.raises(OrtcError):
        parse_dtls_parameters({"role": "client", "fingerprints": fingerprints})


def test_a_weak_fingerprint_beside_a_strong_one_does_not_count() -> None:
    weak = {"algorithm": "md5", "value": "AA"}
    assert len(parse_dtls_parameters({"fingerprints": [weak, SHA_256]}).fingerprints) == 1


def test_an_unknown_dtls_role_is_refused() -> None:
    with pytest.raises(OrtcError):
        parse_dtls_parameters({"role": "both", "fingerprints": [SHA_256]})

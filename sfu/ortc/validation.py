"""What must hold inside an ORTC object beyond its shape. Everything that comes from a client passes here first."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from types import MappingProxyType

from sfu.ortc.matching import apt, is_rtx
from sfu.ortc.model import (
    CodecParameters,
    DtlsParameters,
    Kind,
    OrtcError,
    RtpCapabilities,
    RtpParameters,
    parse,
)

# RFC 8122 section 5. SHA-1 and older are left out: a fingerprint is all that ties the media to the signaling.
FINGERPRINT_BYTES: Mapping[str, int] = MappingProxyType({"sha-256": 32, "sha-384": 48, "sha-512": 64})
_FINGERPRINT = re.compile(r"^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*$")


def parse_rtp_capabilities(raw: object) -> RtpCapabilities:
    """Raises OrtcError."""
    capabilities = parse(raw, RtpCapabilities)
    for codec in capabilities.codecs:
        if codec.kind is not None and not codec.mime_type.lower().startswith(codec.kind + "/"):
            raise OrtcError(f"codec {codec.mime_type} is not {codec.kind}")
    return capabilities


def parse_rtp_parameters(raw: object, kind: Kind) -> RtpParameters:
    """What a producer of `kind` sends. Raises OrtcError."""
    parameters = parse(raw, RtpParameters)
    _check_codecs(parameters.codecs, kind)
    _refuse_duplicates("header extension id", (extension.id for extension in parameters.header_extensions or ()))
    _refuse_duplicates("header extension", (extension.uri for extension in parameters.header_extensions or ()))
    _check_encodings(parameters, kind)
    return parameters


def parse_dtls_parameters(raw: object) -> DtlsParameters:
    """Fingerprints with a hash that is not accepted are dropped; one accepted must remain. Raises OrtcError."""
    parameters = parse(raw, DtlsParameters)
    accepted = tuple(f for f in parameters.fingerprints if f.algorithm.lower() in FINGERPRINT_BYTES)
    if not accepted:
        raise OrtcError(f"no fingerprint with one of {', '.join(FINGERPRINT_BYTES)}")
    for fingerprint in accepted:
        length = FINGERPRINT_BYTES[fingerprint.algorithm.lower()] * 3 - 1
        if len(fingerprint.value) != length or not _FINGERPRINT.match(fingerprint.value):
            raise OrtcError(f"malformed {fingerprint.algorithm} fingerprint")
    return DtlsParameters(fingerprints=accepted, role=parameters.role)


def _check_codecs(codecs: tuple[CodecParameters, ...], kind: Kind) -> None:
    _refuse_duplicates("payload type", (codec.payload_type for codec in codecs))
    media = {codec.payload_type for codec in codecs if not is_rtx(codec)}
    if is_rtx(codecs[0]):
        raise OrtcError("the first codec must be a media codec")
    for codec in codecs:
        if not codec.mime_type.lower().startswith(kind + "/"):
            raise OrtcError(f"codec {codec.mime_type} is not {kind}")
        if is_rtx(codec) and apt(codec) not in media:
            raise OrtcError(f"RTX payload type {codec.payload_type} names no media codec of this list")


def _check_encodings(parameters: RtpParameters, kind: Kind) -> None:
    encodings = parameters.encodings
    if kind == "audio" and len(encodings) > 1:
        raise OrtcError("an audio producer has one encoding")
    ssrcs = [encoding.ssrc for encoding in encodings if encoding.ssrc]
    ssrcs += [encoding.rtx.ssrc for encoding in encodings if encoding.rtx]
    _refuse_duplicates("ssrc", ssrcs)
    _refuse_duplicates("rid", (encoding.rid for encoding in encodings if encoding.rid))
    for encoding in encodings:
        if not encoding.ssrc and not encoding.rid:
            raise OrtcError("an encoding needs an ssrc or a rid")
        if encoding.rid and not encoding.ssrc and not parameters.mid:
            raise OrtcError("encodings known by rid need a mid")


def _refuse_duplicates(what: str, values: Iterable[Hashable]) -> None:
    seen: set[Hashable] = set()
    for value in values:
        if value in seen:
            raise OrtcError(f"duplicate {what}: {value}")
        seen.add(value)

"""The ORTC objects of mediasoup-client as typed, bounded structures.

Shapes follow the ORTC draft as spoken by mediasoup-client and pymediasoup: field names in camelCase, absent and null
optional fields alike, unknown fields ignored. Every length and count has a limit, so what parses is safe to keep.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

Kind = Literal["audio", "video"]
Text = Annotated[str, Meta(max_length=255)]
MimeType = Annotated[str, Meta(max_length=64, pattern=r"^(?i:audio|video)/[A-Za-z0-9._+-]+$")]
PayloadType = Annotated[int, Meta(ge=0, le=127)]
ClockRate = Annotated[int, Meta(ge=1, le=1_000_000)]
Channels = Annotated[int, Meta(ge=1, le=16)]
Ssrc = Annotated[int, Meta(ge=1, le=0xFFFFFFFF)]
ExtensionId = Annotated[int, Meta(ge=1, le=255)]
Rid = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_-]+$")]
Mid = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[!-~]+$")]
FormatParameters = Annotated[dict[Text, bool | int | float | Text | None], Meta(max_length=32)]


class OrtcError(ValueError):
    """The object is malformed, or names something this router cannot carry. The message may be shown to its sender."""


class Object(msgspec.Struct, frozen=True, rename="camel", omit_defaults=False):
    """An ORTC dictionary."""


class RtcpFeedback(Object, frozen=True):
    type: Text
    parameter: Text | None = None


Feedback = Annotated[tuple[RtcpFeedback, ...], Meta(max_length=32)]


class CodecCapability(Object, frozen=True):
    mime_type: MimeType
    clock_rate: ClockRate
    kind: Kind | None = None
    preferred_payload_type: PayloadType | None = None
    channels: Channels | None = None
    parameters: FormatParameters | None = None
    rtcp_feedback: Feedback | None = None


class ExtensionCapability(Object, frozen=True):
    uri: Text
    preferred_id: ExtensionId
    kind: Kind | Literal[""] | None = None
    preferred_encrypt: bool | None = None
    direction: Literal["sendrecv", "sendonly", "recvonly", "inactive"] | None = None


class RtpCapabilities(Object, frozen=True):
    codecs: Annotated[tuple[CodecCapability, ...], Meta(max_length=96)] = ()
    header_extensions: Annotated[tuple[ExtensionCapability, ...], Meta(max_length=64)] | None = None


class CodecParameters(Object, frozen=True):
    mime_type: MimeType
    payload_type: PayloadType
    clock_rate: ClockRate
    channels: Channels | None = None
    parameters: FormatParameters | None = None
    rtcp_feedback: Feedback | None = None


class ExtensionParameters(Object, frozen=True):
    uri: Text
    id: ExtensionId
    encrypt: bool | None = None


class RtxParameters(Object, frozen=True):
    ssrc: Ssrc


class EncodingParameters(Object, frozen=True):
    ssrc: Ssrc | None = None
    rid: Rid | None = None
    codec_payload_type: PayloadType | None = None
    rtx: RtxParameters | None = None
    scalability_mode: Annotated[str, Meta(max_length=16)] | None = None
    max_bitrate: Annotated[int, Meta(ge=0, le=2**40)] | None = None


class RtcpParameters(Object, frozen=True):
    cname: Text | None = None
    reduced_size: bool | None = None
    mux: bool | None = None


class RtpParameters(Object, frozen=True):
    codecs: Annotated[tuple[CodecParameters, ...], Meta(min_length=1, max_length=32)]
    encodings: Annotated[tuple[EncodingParameters, ...], Meta(min_length=1, max_length=4)]
    mid: Mid | None = None
    header_extensions: Annotated[tuple[ExtensionParameters, ...], Meta(max_length=32)] | None = None
    rtcp: RtcpParameters | None = None


class DtlsFingerprint(Object, frozen=True):
    algorithm: Annotated[str, Meta(max_length=16)]
    value: Annotated[str, Meta(max_length=256)]


class DtlsParameters(Object, frozen=True):
    fingerprints: Annotated[tuple[DtlsFingerprint, ...], Meta(min_length=1, max_length=8)]
    role: Literal["auto", "client", "server"] = "auto"


T = TypeVar("T", bound=Object)


def parse(raw: object, shape: type[T]) -> T:
    """Raises OrtcError, which names the place and the limit that was broken."""
    try:
        return msgspec.convert(raw, shape)
    except (msgspec.ValidationError, RecursionError) as error:
        raise OrtcError(str(error) or "nested too deeply") from None


def to_plain(value: Object) -> dict[str, Any]:
    """The JSON shape; what is None is left out, as mediasoup-client expects of absent fields."""
    plain: dict[str, Any] = _without_none(msgspec.to_builtins(value))
    return plain


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_without_none(item) for item in value]
    return value

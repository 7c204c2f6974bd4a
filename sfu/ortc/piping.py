"""What a producer is on a pipe between two workers: in the router's numbers, under SSRCs of the pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from sfu.ortc.capabilities import FORWARDED_EXTENSIONS, MID
from sfu.ortc.consuming import red_parameters
from sfu.ortc.model import CodecParameters, ExtensionParameters, Kind, OrtcError, RtcpFeedback
from sfu.ortc.producing import ProducerMedia

_AUDIO_FEEDBACK = (RtcpFeedback("nack"),)
_VIDEO_FEEDBACK = (RtcpFeedback("nack"), RtcpFeedback("nack", "pli"))
"""A pipe repeats a packet as it was, so that it needs no RTX; it is a wire of this machine, and needs no estimate."""


def pipe_extensions(kind: Kind) -> tuple[ExtensionParameters, ...]:
    """Everything a consumer may be given but the mid: streams of a pipe are known by their SSRCs."""
    return tuple(
        ExtensionParameters(uri=uri, id=router_id, encrypt=False)
        for uri, router_id in FORWARDED_EXTENSIONS[kind].items()
        if uri != MID
    )


def piped_media(media: ProducerMedia, ssrcs: Sequence[int]) -> ProducerMedia:
    """The producer as it arrives over the pipe: one of `ssrcs` for each encoding, redundant audio as it came."""
    router = media.router_codec
    codec = CodecParameters(
        mime_type=router.mime_type,
        payload_type=router.preferred_payload_type or 0,
        clock_rate=router.clock_rate,
        channels=router.channels,
        parameters=media.codec.parameters,
        rtcp_feedback=_AUDIO_FEEDBACK if media.kind == "audio" else _VIDEO_FEEDBACK,
    )
    encodings = zip(media.encodings, ssrcs, strict=True)
    return replace(
        media,
        mid=None,
        codec=codec,
        rtx=None,
        red=red_parameters(router, media.router_red) if media.router_red is not None else None,
        encodings=tuple(replace(encoding, ssrc=ssrc, rtx=None) for encoding, ssrc in encodings),
        header_extensions=pipe_extensions(media.kind),
    )


def media_to_plain(media: ProducerMedia) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(media)
    return plain


def media_from_plain(plain: dict[str, Any]) -> ProducerMedia:
    """Raises OrtcError."""
    try:
        return msgspec.convert(plain, ProducerMedia)
    except msgspec.ValidationError as error:
        raise OrtcError(str(error)) from None

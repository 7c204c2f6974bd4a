"""What a consumer is sent: one stream, in the router's payload types and header extension ids."""

from __future__ import annotations

import msgspec

from sfu.ortc.capabilities import (
    ABS_SEND_TIME,
    DEPENDENCY_DESCRIPTOR,
    FORWARDED_EXTENSIONS,
    ROUND_TRIP,
    TRANSPORT_WIDE_CC,
)
from sfu.ortc.matching import find_red, find_rtx, find_same
from sfu.ortc.model import (
    CodecCapability,
    CodecParameters,
    EncodingParameters,
    ExtensionParameters,
    OrtcError,
    RtcpFeedback,
    RtcpParameters,
    RtpCapabilities,
    RtpParameters,
    RtxParameters,
)
from sfu.ortc.producing import ProducerMedia

# Their pictures are numbered in the payload, and renumbered there when layers are switched. A descriptor beside it goes
# on counting as the producer does, and receivers believe it before the payload.
_SELF_DESCRIBED = frozenset({"video/vp8", "video/vp9"})


class ConsumerIdentity(msgspec.Struct, frozen=True):
    """What a consumer does not take from its producer; both ssrcs are fresh in its transport."""

    mid: str
    ssrc: int
    rtx_ssrc: int
    cname: str


def can_consume(producer: ProducerMedia, capabilities: RtpCapabilities) -> bool:
    return _accepted(producer, capabilities) is not None


def consumer_parameters(
    producer: ProducerMedia, capabilities: RtpCapabilities, identity: ConsumerIdentity
) -> RtpParameters:
    """Raises OrtcError when the capabilities hold no codec of the producer."""
    accepted = _accepted(producer, capabilities)
    if accepted is None:
        raise OrtcError(f"the capabilities cannot decode {producer.codec.mime_type}")
    has_rtx = producer.router_rtx is not None and (
        find_rtx(accepted.preferred_payload_type, capabilities.codecs) is not None
    )
    extensions = _extensions(producer, capabilities, has_rtx=has_rtx)
    codecs = [_codec(producer, accepted, extensions)]
    if has_rtx and producer.router_rtx is not None:
        codecs.append(_rtx(producer.router_rtx))
    if (router_red := producer.router_red) is not None and find_red(accepted, capabilities.codecs) is not None:
        codecs.append(red_parameters(producer.router_codec, router_red))
    return RtpParameters(
        mid=identity.mid,
        codecs=tuple(codecs),
        header_extensions=extensions,
        encodings=(_encoding(producer, identity, has_rtx=has_rtx),),
        rtcp=RtcpParameters(cname=identity.cname, reduced_size=True, mux=True),
    )


def _accepted(producer: ProducerMedia, capabilities: RtpCapabilities) -> CodecCapability | None:
    return find_same(producer.codec, capabilities.codecs)


def _extensions(
    producer: ProducerMedia, capabilities: RtpCapabilities, *, has_rtx: bool
) -> tuple[ExtensionParameters, ...]:
    known = {e.uri for e in capabilities.header_extensions or () if e.kind in (None, "", producer.kind)}
    if not has_rtx:
        known -= {TRANSPORT_WIDE_CC, ABS_SEND_TIME}
    if producer.codec.mime_type.lower() in _SELF_DESCRIBED:
        known.discard(DEPENDENCY_DESCRIPTOR)
    return tuple(
        ExtensionParameters(uri=uri, id=router_id, encrypt=False)
        for uri, router_id in FORWARDED_EXTENSIONS[producer.kind].items()
        if uri in known
    )


def _codec(
    producer: ProducerMedia, accepted: CodecCapability, extensions: tuple[ExtensionParameters, ...]
) -> CodecParameters:
    router = producer.router_codec
    return CodecParameters(
        mime_type=router.mime_type,
        payload_type=router.preferred_payload_type or 0,
        clock_rate=router.clock_rate,
        channels=router.channels,
        parameters=producer.codec.parameters or {},
        rtcp_feedback=_feedback(router, accepted, {extension.uri for extension in extensions}),
    )


def _feedback(router: CodecCapability, accepted: CodecCapability, uris: set[str]) -> tuple[RtcpFeedback, ...]:
    """What both sides speak; bandwidth feedback only with the extension it is computed from, never two kinds.

    And the offer to tell round trips: who does not know it passes over it (RFC 4585 section 4.2).
    """
    wanted = {(feedback.type, feedback.parameter or None) for feedback in accepted.rtcp_feedback or ()}
    if TRANSPORT_WIDE_CC not in uris:
        wanted.discard(("transport-cc", None))
    if TRANSPORT_WIDE_CC in uris or ABS_SEND_TIME not in uris:
        wanted.discard(("goog-remb", None))
    common = tuple(f for f in router.rtcp_feedback or () if (f.type, f.parameter) in wanted)
    return (*common, ROUND_TRIP) if router.kind == "video" else common


def _rtx(router_rtx: CodecCapability) -> CodecParameters:
    return CodecParameters(
        mime_type=router_rtx.mime_type,
        payload_type=router_rtx.preferred_payload_type or 0,
        clock_rate=router_rtx.clock_rate,
        parameters=router_rtx.parameters,
        rtcp_feedback=(),
    )


def red_parameters(router_codec: CodecCapability, router_red: CodecCapability) -> CodecParameters:
    """Redundant audio in the router's numbers, all of its blocks of the one codec."""
    opus = router_codec.preferred_payload_type or 0
    return CodecParameters(
        mime_type=router_red.mime_type,
        payload_type=router_red.preferred_payload_type or 0,
        clock_rate=router_red.clock_rate,
        channels=router_red.channels,
        parameters={f"{opus}/{opus}": ""},
        rtcp_feedback=(),
    )


def _encoding(producer: ProducerMedia, identity: ConsumerIdentity, *, has_rtx: bool) -> EncodingParameters:
    """Simulcast is summarised as S<n>T<m>: to the receiver the layers are choices, not parts of one stream."""
    mode = next((e.scalability_mode for e in producer.encodings if e.scalability_mode), None)
    if len(producer.encodings) > 1:
        layers = producer.layers
        mode = f"S{layers.spatial_layers}T{layers.temporal_layers}"
    return EncodingParameters(
        ssrc=identity.ssrc,
        rtx=RtxParameters(ssrc=identity.rtx_ssrc) if has_rtx else None,
        scalability_mode=mode,
        max_bitrate=max((e.max_bitrate or 0 for e in producer.encodings), default=0) or None,
    )

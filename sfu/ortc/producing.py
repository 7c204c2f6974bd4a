"""What a producer sends, brought into the router's terms."""

from __future__ import annotations

import msgspec

from sfu.commands import ConsumerType
from sfu.ortc.capabilities import ROUTER_RTP_CAPABILITIES
from sfu.ortc.matching import find_red, find_rtx, find_same, is_red, is_rtx
from sfu.ortc.model import (
    CodecCapability,
    CodecParameters,
    EncodingParameters,
    ExtensionParameters,
    Kind,
    OrtcError,
    RtpParameters,
)
from sfu.ortc.scalability import Scalability, parse_scalability_mode

_SVC_MIME_TYPES = frozenset({"video/vp9", "video/av1"})


class ProducerMedia(msgspec.Struct, frozen=True):
    """One producer: as it arrives (`codec`, `rtx`, `header_extensions`) and as it is passed on (`router_...`)."""

    kind: Kind
    type: ConsumerType
    mid: str | None
    cname: str | None
    codec: CodecParameters
    rtx: CodecParameters | None
    router_codec: CodecCapability
    router_rtx: CodecCapability | None
    encodings: tuple[EncodingParameters, ...]
    header_extensions: tuple[ExtensionParameters, ...]
    red: CodecParameters | None = None
    """Redundant packets, which are passed on to those who take them and unpacked for all others."""
    router_red: CodecCapability | None = None

    @property
    def layers(self) -> Scalability:
        """Spatial and temporal layers of the whole producer, whether they are several streams or one."""
        scalabilities = [parse_scalability_mode(encoding.scalability_mode) for encoding in self.encodings]
        temporal = max(s.temporal_layers for s in scalabilities)
        if len(scalabilities) > 1:
            return Scalability(len(scalabilities), temporal)
        return Scalability(scalabilities[0].spatial_layers, temporal)


def map_producer(kind: Kind, parameters: RtpParameters) -> ProducerMedia:
    """`parameters` must have passed `parse_rtp_parameters`. Raises OrtcError for a codec that no room here carries."""
    router_codecs = [codec for codec in ROUTER_RTP_CAPABILITIES.codecs if not is_rtx(codec)]
    for candidate in parameters.codecs:
        if not is_rtx(candidate) and find_same(candidate, router_codecs) is None:
            raise OrtcError(f"unsupported codec {candidate.mime_type} (payload type {candidate.payload_type})")
    codec = next((candidate for candidate in parameters.codecs if not is_red(candidate)), None)
    if codec is None:
        raise OrtcError("redundant audio needs the codec that it repeats")
    red = find_red(codec, parameters.codecs) if kind == "audio" else None
    router_codec = find_same(codec, router_codecs)
    if router_codec is None:
        raise OrtcError(f"unsupported codec {codec.mime_type}")
    return ProducerMedia(
        kind=kind,
        type=_type(codec, parameters.encodings),
        mid=parameters.mid,
        cname=(parameters.rtcp.cname if parameters.rtcp else None) or None,
        codec=codec,
        rtx=find_rtx(codec.payload_type, parameters.codecs),
        router_codec=router_codec,
        router_rtx=find_rtx(router_codec.preferred_payload_type, ROUTER_RTP_CAPABILITIES.codecs),
        encodings=parameters.encodings,
        header_extensions=tuple(parameters.header_extensions or ()),
        red=red,
        router_red=find_red(router_codec, ROUTER_RTP_CAPABILITIES.codecs) if red is not None else None,
    )


def _type(codec: CodecParameters, encodings: tuple[EncodingParameters, ...]) -> ConsumerType:
    if len(encodings) > 1:
        return "simulcast"
    if parse_scalability_mode(encodings[0].scalability_mode) == Scalability(1, 1):
        return "simple"
    return "svc" if codec.mime_type.lower() in _SVC_MIME_TYPES else "simulcast"

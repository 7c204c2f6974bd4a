"""A producer: a track coming in over one transport."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfu.commands import Content
from sfu.ortc import ProducerMedia
from sfu.ortc.model import EncodingParameters
from sfu.ortc.scalability import parse_scalability_mode
from sfu.worker.codec import codec_spec, extension_specs
from sfu.worker.pipe import PipeConsumer

if TYPE_CHECKING:
    from sfu._dataplane import Encoding, ProducerSpec


@dataclass
class Producer:
    handle: int
    id: str
    room_id: str
    transport_id: str
    media: ProducerMedia
    cname: str
    """Shared by the producers of one participant's transport, so that receivers play them in step (RFC 3550 6.5.1)."""
    paused: bool
    content: Content = "camera"
    priority: int = 0
    consumer_ids: set[str] = field(default_factory=set)
    piped: dict[str, PipeConsumer] = field(default_factory=dict)
    """By the id of the pipe it goes out over."""


def producer_spec(media: ProducerMedia, content: Content, *, paused: bool) -> ProducerSpec:
    simulcast = len(media.encodings) > 1
    return {
        "kind": media.kind,
        "content": content,
        "mid": media.mid,
        "codec": codec_spec(media.codec, media.rtx, media.red),
        "encodings": [_encoding(encoding, simulcast=simulcast) for encoding in media.encodings],
        "header_extensions": extension_specs(media.header_extensions),
        "paused": paused,
    }


def _encoding(encoding: EncodingParameters, *, simulcast: bool) -> Encoding:
    scalability = parse_scalability_mode(encoding.scalability_mode)
    return {
        "ssrc": encoding.ssrc,
        "rtx_ssrc": encoding.rtx.ssrc if encoding.rtx else None,
        "rid": encoding.rid,
        "spatial_layers": 1 if simulcast else scalability.spatial_layers,
        "temporal_layers": scalability.temporal_layers,
        "max_bitrate": encoding.max_bitrate,
    }

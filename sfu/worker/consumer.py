"""A consumer: a producer's track going out over one transport."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfu.ortc import ConsumerIdentity, RtpParameters
from sfu.ortc.matching import is_red, is_rtx
from sfu.worker.codec import codec_spec, extension_specs
from sfu.worker.producer import Producer

if TYPE_CHECKING:
    from sfu._dataplane import ConsumerSpec


@dataclass
class Consumer:
    handle: int
    id: str
    room_id: str
    transport_id: str
    producer: Producer
    identity: ConsumerIdentity
    paused: bool = True


def consumer_spec(
    parameters: RtpParameters, identity: ConsumerIdentity, spatial_layer: int | None, temporal_layer: int | None
) -> ConsumerSpec:
    """A consumer starts paused."""
    rtx = next((codec for codec in parameters.codecs if is_rtx(codec)), None)
    red = next((codec for codec in parameters.codecs if is_red(codec)), None)
    return {
        "mid": identity.mid,
        "ssrc": identity.ssrc,
        "rtx_ssrc": identity.rtx_ssrc if rtx else None,
        "cname": identity.cname,
        "codec": codec_spec(parameters.codecs[0], rtx, red),
        "header_extensions": extension_specs(parameters.header_extensions or ()),
        "paused": True,
        "spatial_layer": spatial_layer,
        "temporal_layer": temporal_layer,
    }

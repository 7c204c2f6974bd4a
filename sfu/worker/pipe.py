"""A pipe's end in this worker, and the producers that go out over it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from sfu.commands import MediaError
from sfu.ortc import ProducerMedia
from sfu.ortc.piping import pipe_extensions
from sfu.worker.codec import extension_specs

if TYPE_CHECKING:
    from sfu._dataplane import PipeConsumerSpec

PROFILE = "SRTP_AEAD_AES_128_GCM"
LAST_SSRC = 0xFFFFFFFF
MAX_LAYERS = 8


def pipe_host(listening: str) -> str:
    """Where workers of one host reach each other: loopback where they listen everywhere, else the one address.

    `listening` is the first address they listen on, which is where the data plane sends pipes from.
    """
    address = ipaddress.ip_address(listening)
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"[{address}]" if address.version == 6 else str(address)


class Pipe:
    """`handle` is a transport of the data plane."""

    def __init__(self, handle: int, pipe_id: str) -> None:
        self.handle = handle
        self.id = pipe_id
        self._ssrcs = iter(range(1, LAST_SSRC))

    def new_ssrcs(self, count: int) -> list[int]:
        """Rising, and none ever again: a key lives as long as its pipe. Raises CAPACITY_EXCEEDED after four billion."""
        ssrcs = list(islice(self._ssrcs, count))
        if len(ssrcs) < count:
            raise MediaError("CAPACITY_EXCEEDED", "The pipe is worn out.")
        return ssrcs


@dataclass
class PipeConsumer:
    """A producer going out over a pipe; `handle` is the data plane's."""

    handle: int
    pipe_id: str
    wanted: list[bool]
    """Spatial layers that flow, lowest first."""


def pipe_consumer_spec(media: ProducerMedia, ssrcs: Sequence[int]) -> PipeConsumerSpec:
    return {
        "ssrcs": ssrcs,
        "payload_type": media.router_codec.preferred_payload_type or 0,
        "red_payload_type": media.router_red.preferred_payload_type if media.router_red else None,
        "header_extensions": extension_specs(pipe_extensions(media.kind)),
    }


def wanted_bits(wanted: Sequence[bool]) -> int:
    """The lowest spatial layer in the lowest bit."""
    return sum(1 << layer for layer, flows in enumerate(wanted[:MAX_LAYERS]) if flows)

"""What the packages above are given of the SFU: the whole seam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sfu.commands import Command, Ortc, Reply
from sfu.events import WorkerEvent

R = TypeVar("R", bound=Reply)
EventSink = Callable[[WorkerEvent], None]


class Rooms(Protocol):
    """Rooms' media on this node. Implemented by fleet.Fleet."""

    @property
    def router_rtp_capabilities(self) -> Ortc:
        """What every room here can receive and forward, for `room:joined`."""
        ...

    async def open_room(self, room_id: str) -> None:
        """Pin the room to the least-loaded worker; some seconds are waited for one.

        Raises MediaError UNAVAILABLE when there is none, and for a room whose workers died too often of late.
        """
        ...

    async def close_room(self, room_id: str) -> None:
        """Close all media of the room and forget its worker. Never raises for an unknown room."""
        ...

    async def ask(self, command: Command[R]) -> R:
        """Send the command to the room's worker. Raises MediaError."""
        ...

    def subscribe(self, sink: EventSink) -> None:
        """Call `sink` for every worker event, in order, on the event loop."""
        ...

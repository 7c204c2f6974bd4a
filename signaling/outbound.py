"""What waits to be sent to one client, bounded."""

from __future__ import annotations

import asyncio
from typing import Any, Final

MAX_MESSAGES: Final = 2048
MAX_BYTES: Final = 4 * 1024 * 1024


class Backlog(asyncio.Queue[Any]):
    """The queue of one connection's packets, which counts what is in it.

    Putting never waits and never fails, since the connection's own control packets go through it too; whoever adds a
    message asks `overdue` and hangs up on a client that does not read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    @property
    def overdue(self) -> bool:
        return self.qsize() >= MAX_MESSAGES or self.bytes >= MAX_BYTES

    def drop(self) -> None:
        """Forget all that waits."""
        while not self.empty():
            self.get_nowait()

    def _put(self, item: Any) -> None:
        self.bytes += _size(item)
        super()._put(item)

    def _get(self) -> Any:
        item = super()._get()
        self.bytes -= _size(item)
        return item


def _size(packet: Any) -> int:
    data = getattr(packet, "data", None)
    return len(data) if isinstance(data, str | bytes) else 0

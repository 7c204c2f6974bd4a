"""What waits to be sent to one client, bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Any, Final

MAX_MESSAGES: Final = 2048
MAX_BYTES: Final = 1024 * 1024

BEHIND_MESSAGES: Final = 128
BEHIND_BYTES: Final = 256 * 1024
"""From here on a client is told only how things are and no longer how they came to be so."""


class Backlog(asyncio.Queue[Any]):
    """The queue of one connection's packets, which counts what is in it.

    Putting never waits and never fails, since the connection's own control packets go through it too; whoever adds a
    message asks `takes` before and hangs up on a client that does not read. `superseded` counts what was left out.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self.superseded = 0
        self._serial = 0
        self._state: Hashable | None = None
        self._latest: dict[Hashable, int] = {}
        super().__init__()

    @property
    def behind(self) -> bool:
        return self.qsize() >= BEHIND_MESSAGES or self.bytes >= BEHIND_BYTES

    def takes(self, packet: Any) -> bool:
        """Whether it may wait, too. A packet alone may be of any size: it is our own, and could never be sent else."""
        if self.empty():
            return True
        return self.qsize() < MAX_MESSAGES and self.bytes + _size(packet) <= MAX_BYTES

    def put_state(self, state: Hashable, packet: Any) -> None:
        """Put a packet that says how `state` is now. One that said how it was goes, once the client is behind.

        The newer one comes last and not in the place of the older: what it speaks of was told before it.
        """
        if self.behind and (before := self._latest.pop(state, None)) is not None:
            _, _, size = self._queue.pop(before)
            self.bytes -= size
            self.superseded += 1
            self.task_done()
        self._state = state
        self.put_nowait(packet)

    def drop(self) -> None:
        """Forget all that waits."""
        while not self.empty():
            self.get_nowait()

    # What the base class asks to be told how things are kept: by number, in the order of numbers.

    def _init(self, maxsize: int) -> None:  # noqa: ARG002 - there is none
        self._queue: dict[int, tuple[Any, Hashable | None, int]] = {}

    def _put(self, item: Any) -> None:
        state, self._state = self._state, None
        self._serial += 1
        size = _size(item)
        self._queue[self._serial] = (item, state, size)
        if state is not None:
            self._latest[state] = self._serial
        self.bytes += size

    def _get(self) -> Any:
        serial = next(iter(self._queue))
        item, state, size = self._queue.pop(serial)
        if state is not None and self._latest.get(state) == serial:
            del self._latest[state]
        self.bytes -= size
        return item


def _size(packet: Any) -> int:
    """In bytes as they go out: of most packets the number of characters, which costs no encoding."""
    data = getattr(packet, "data", None)
    if isinstance(data, str) and not data.isascii():
        return len(data.encode())
    return len(data) if isinstance(data, str | bytes) else 0

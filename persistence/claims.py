"""Names that one at a time may work on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager


class Claims:
    """Who comes with other names does not wait."""

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._released = asyncio.Event()

    @asynccontextmanager
    async def hold(self, names: Collection[str]) -> AsyncIterator[None]:
        """All of them at once, when none of them is held by anybody."""
        mine = set(names)
        while not self._held.isdisjoint(mine):
            await self._released.wait()
        self._held |= mine
        try:
            yield
        finally:
            self._held -= mine
            self._released.set()
            self._released = asyncio.Event()

"""What people change outside a live room, each with the event that tells of it: one transaction keeps both or neither.

A live room is told about first and changed after, by its facts. What stands in tables of its own, a meeting's settings
or a webhook endpoint, is changed first: told apart from it, a crash in between would leave a change nobody recorded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .apply import apply
from .database import changing, translated
from .events import Event, Payload

Wrap = Callable[[str, Payload], list[Event]]
"""Gives a fact about a meeting its id and time."""


class Change:
    """One that is under way. What raises leaves everything as it was."""

    def __init__(self, connection: AsyncConnection, wrap: Wrap, clock: Callable[[], datetime]) -> None:
        self.connection = connection
        self._wrap = wrap
        self._clock = clock
        self.told = 0

    async def tell(self, meeting_id: str, fact: Payload) -> None:
        """Once the change is made: who stores events waits for nothing that is still to come."""
        await apply(self.connection, self._wrap(meeting_id, fact), now=self._clock())
        self.told += 1


class Changes:
    """`on_stored` is called when an event of a change is in the log."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        wrap: Wrap,
        clock: Callable[[], datetime],
        on_stored: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = changing(engine)
        self._wrap = wrap
        self._clock = clock
        self._on_stored = on_stored
        self.told = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Change]:
        """Raises `UnavailableError` without a database."""
        async with translated(), self._engine.begin() as connection:
            change = Change(connection, self._wrap, self._clock)
            yield change
        if change.told:
            self.told += change.told
            self._on_stored()

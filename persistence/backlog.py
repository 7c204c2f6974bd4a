"""What the journal holds and the database does not: what was kept of it, else read while the database is busy."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from .journal import Journal
from .journal_entry import Entry, decode_events, entries_of
from .underway import Call

AHEAD_FROM: Final = 32 << 10
"""Bytes: less is read sooner than a thread is asked to."""

_Read = list[tuple[int, list[Entry]]]
"""Records in order: where each ends, and what is in it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Whole records: how many, what is in them, and where they end in the journal."""

    records: int
    entries: Sequence[Entry]
    end: int


class Backlog:
    """The records from a position on. What `first` answers stays until it is dropped, as it may have to be tried again.

    At most twice `batch` events are held, and a record more. `kept` answers what it knows of the record at a position:
    to read it back and understand it anew takes a fifth of the time that an event takes in all.
    """

    def __init__(
        self,
        journal: Journal,
        position: int,
        *,
        batch: int,
        kept: Callable[[int], Call | None] = lambda _position: None,
    ) -> None:
        self._journal = journal
        self._kept = kept
        self._batch = batch
        self._records: deque[tuple[int, list[Entry]]] = deque()
        self._events = 0
        self._read_to = position
        self._reading: asyncio.Task[_Read] | None = None

    def __len__(self) -> int:
        """Events that are held."""
        return self._events

    async def first(self, events: int) -> Part:
        """So many events, a few more where they end within a record, or what there is. The next are read meanwhile."""
        while self._events < events and self._read_to < self._journal.durable:
            await self._read()
        entries: list[Entry] = []
        records, end = 0, 0
        for end, inside in self._records:  # noqa: B007 - the last end is the answer
            entries += inside
            records += 1
            if len(entries) >= events:
                break
        if self._events - len(entries) < self._batch:
            self._look_ahead()
        return Part(records, entries, end)

    def drop(self, end: int) -> None:
        """What ends there or before is in the database."""
        while self._records and self._records[0][0] <= end:
            self._events -= len(self._records.popleft()[1])

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._reading

    def _look_ahead(self) -> None:
        left = self._journal.durable - self._read_to
        if self._reading is None and left >= AHEAD_FROM and self._kept(self._read_to) is None:
            self._reading = self._begin()

    async def _read(self) -> None:
        if self._reading is None and self._recall():
            return
        reading, self._reading = self._reading or self._begin(), None
        for end, inside in await reading:
            self._hold(end, inside)

    def _recall(self) -> bool:
        """Take up to a batch of what was kept. Returns whether there was anything."""
        full = self._events + self._batch
        begin = self._read_to
        while self._events < full and (call := self._kept(self._read_to)) is not None:
            self._hold(call.end, entries_of(call.events, self._journal.journal_id, self._read_to))
        return self._read_to > begin

    def _hold(self, end: int, entries: list[Entry]) -> None:
        self._records.append((end, entries))
        self._events += len(entries)
        self._read_to = end

    def _begin(self) -> asyncio.Task[_Read]:
        # Beside the loop: a thousand events take ten milliseconds to understand, and somebody waits for `emit`.
        return asyncio.create_task(asyncio.to_thread(self._understand, self._read_to), name="journal reader")

    def _understand(self, position: int) -> _Read:
        records, events = [], 0
        for record in self._journal.read(position, count=self._batch):
            records.append((record.end, decode_events(record, self._journal.journal_id)))
            events += len(records[-1][1])
            if events >= self._batch:
                break
        return records

"""What the journal holds and the database does not, read while the database is busy with what comes before."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from .journal import Journal
from .journal_entry import Entry, decode_events

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

    At most twice `batch` events are held, and a record more.
    """

    def __init__(self, journal: Journal, position: int, *, batch: int) -> None:
        self._journal = journal
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
        left = self._journal.durable - self._read_to
        if self._reading is None and self._events - len(entries) < self._batch and left >= AHEAD_FROM:
            self._reading = self._begin()
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

    async def _read(self) -> None:
        reading, self._reading = self._reading or self._begin(), None
        for end, inside in await reading:
            self._records.append((end, inside))
            self._events += len(inside)
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

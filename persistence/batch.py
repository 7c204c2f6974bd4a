"""One batch of the journal in one transaction, with what cannot be applied set aside in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .apply import apply
from .dead_letters import set_aside
from .dialect import Insert, insert_for
from .faults import is_transient
from .journal_entry import Entry
from .tables import JournalPositionRow

_CONFLICT: Final = "this event_id is stored with another body"


@dataclass(slots=True)
class Outcome:
    """How many of a batch's events were new, had been stored before, or were set aside."""

    stored: int = 0
    duplicates: int = 0
    set_aside: int = 0


@dataclass(frozen=True, slots=True)
class _Transaction:
    connection: AsyncConnection
    now: datetime
    outcome: Outcome = field(default_factory=Outcome)

    async def apply(self, entries: Sequence[Entry]) -> None:
        applied = await apply(self.connection, [entry.event for entry in entries if entry.event], now=self.now)
        self.outcome.stored += applied.stored
        self.outcome.duplicates += applied.duplicates
        conflicts = set(map(id, applied.conflicts))
        for entry in entries:
            if entry.event is None:
                await self.set_aside(entry, entry.problem or "unreadable")
            elif id(entry.event) in conflicts:
                await self.set_aside(entry, _CONFLICT)

    async def apply_or_undo(self, entries: Sequence[Entry]) -> Exception | None:
        """Answers what they failed of, after which nothing of them is there. Raises what may pass."""
        before = Outcome(self.outcome.stored, self.outcome.duplicates, self.outcome.set_aside)
        savepoint = await self.connection.begin_nested()
        try:
            await self.apply(entries)
        except Exception as error:
            # SQLite forgets savepoints when its disk is full: what may pass is left to the whole transaction.
            if is_transient(error):
                raise
            await savepoint.rollback()
            self.outcome.stored, self.outcome.duplicates = before.stored, before.duplicates
            self.outcome.set_aside = before.set_aside
            return error
        await savepoint.commit()
        return None

    async def set_aside(self, entry: Entry, reason: str) -> None:
        await set_aside(self.connection, entry, reason, now=self.now)
        self.outcome.set_aside += 1


class Batches:
    """Rows and journal position move together, so a crash between any two steps repeats work and loses none."""

    def __init__(self, engine: AsyncEngine, journal_id: str, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._journal_id = journal_id
        self._clock = clock

    async def store(self, entries: Sequence[Entry], end: int) -> Outcome:
        """All at once, which is what it nearly always takes. Raises what the database or a projection raised."""
        async with self._transaction(end) as transaction:
            await transaction.apply(entries)
        return transaction.outcome

    async def store_apart(self, entries: Sequence[Entry], end: int) -> Outcome:
        """Each meeting for itself, and those of one that fails event by event: what fails even alone is set aside.

        Still one transaction, so that nobody waits for another's second try. Raises only what may pass.
        """
        meetings: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            meetings[entry.event.meeting_id if entry.event else ""].append(entry)
        async with self._transaction(end) as transaction:
            for _, of_one in sorted(meetings.items()):
                if await transaction.apply_or_undo(of_one) is None:
                    continue
                for entry in of_one:
                    if (error := await transaction.apply_or_undo([entry])) is not None:
                        await transaction.set_aside(entry, f"{type(error).__name__}: {error}")
        return transaction.outcome

    @asynccontextmanager
    async def _transaction(self, end: int) -> AsyncIterator[_Transaction]:
        now = self._clock()
        async with self._engine.begin() as connection:
            yield _Transaction(connection, now)
            position = {"journal_id": self._journal_id, "position": end, "applied_at": now}
            await connection.execute(_moved(connection.dialect.name), position)


@cache
def _moved(dialect: str) -> Insert:
    position = insert_for(dialect, JournalPositionRow)
    return position.on_conflict_do_update(
        index_elements=[JournalPositionRow.journal_id],
        set_={name: position.excluded[name] for name in ("position", "applied_at")},
    )

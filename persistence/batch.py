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
from .database import others_wait
from .dead_letters import set_aside
from .dialect import Insert, insert_for
from .events import Event, MeetingStarted
from .faults import Fault, is_transient
from .journal_entry import Entry
from .tables import JournalPositionRow

_PROBE: Final = "_probe"
_PROBE_ID: Final = "00000000-0000-4000-8000-000000000000"
_CONFLICT: Final = "this event_id is stored with another body"


@dataclass(slots=True)
class Outcome:
    """How many of a batch's events were new, had been stored before, or were set aside."""

    stored: int = 0
    duplicates: int = 0
    set_aside: int = 0

    def add(self, other: Outcome) -> None:
        self.stored += other.stored
        self.duplicates += other.duplicates
        self.set_aside += other.set_aside


@dataclass(frozen=True, slots=True)
class HeldUp:
    """Events of one meeting that nothing is known to be wrong with, and that could not be stored all the same."""

    meeting_id: str
    entries: Sequence[Entry]
    fault: Fault


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
    """Rows and journal position move together, so a crash between any two steps repeats work and loses none.

    `others_waited` says whether somebody else wanted to write at the end of the last one.
    """

    def __init__(self, engine: AsyncEngine, journal_id: str, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._journal_id = journal_id
        self._clock = clock
        self.others_waited = False

    async def store(self, entries: Sequence[Entry], end: int) -> Outcome:
        """All at once, which is what it nearly always takes. Raises what the database or a projection raised."""
        async with self._transaction(end) as transaction:
            await transaction.apply(entries)
        return transaction.outcome

    async def store_apart(self, entries: Sequence[Entry], end: int, held_up: Sequence[HeldUp] = ()) -> Outcome:
        """Each meeting for itself, and those of one that fails event by event: what fails even alone is set aside.

        So is what is held up. Still one transaction, so that nobody waits for another's second try. Raises only what
        may pass.
        """
        async with self._transaction(end) as transaction:
            for one in held_up:
                for entry in one.entries:
                    await transaction.set_aside(entry, f"held up: {one.fault}")
            for _, of_one in sorted(by_meeting(entries).items()):
                if await transaction.apply_or_undo(of_one) is None:
                    continue
                for entry in of_one:
                    if (error := await transaction.apply_or_undo([entry])) is not None:
                        await transaction.set_aside(entry, f"{type(error).__name__}: {error}")
        return transaction.outcome

    async def store_ahead(self, entries: Sequence[Entry]) -> Outcome:
        """In a transaction that leaves the position where it is: done again, it changes nothing."""
        async with self._engine.begin() as connection:
            transaction = _Transaction(connection, self._clock())
            await transaction.apply(entries)
        return transaction.outcome

    async def try_another(self) -> None:
        """Whether a fact of a meeting that is nobody's could be stored: all is done but the commit.

        Raises what the database raises.
        """
        now = self._clock()
        fact = MeetingStarted(title="")
        probe = Event.of(fact, event_id=_PROBE_ID, meeting_id=_PROBE, participant_id=None, timestamp=now)
        async with self._engine.connect() as connection:
            await apply(connection, [probe], now=now)
            await connection.rollback()

    @asynccontextmanager
    async def _transaction(self, end: int) -> AsyncIterator[_Transaction]:
        now = self._clock()
        async with self._engine.begin() as connection:
            yield _Transaction(connection, now)
            self.others_waited = others_wait(self._engine)
            position = {"journal_id": self._journal_id, "position": end, "applied_at": now}
            await connection.execute(_moved(connection.dialect.name), position)


def by_meeting(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """What cannot be read is of none."""
    meetings: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        meetings[entry.event.meeting_id if entry.event else ""].append(entry)
    return meetings


@cache
def _moved(dialect: str) -> Insert:
    position = insert_for(dialect, JournalPositionRow)
    return position.on_conflict_do_update(
        index_elements=[JournalPositionRow.journal_id],
        set_={name: position.excluded[name] for name in ("position", "applied_at")},
    )

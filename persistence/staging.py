"""A database of its own in which a meeting's rows are made from its events, to be compared with those there are."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .database import create_engine
from .events import Event
from .made_meeting import MadeMeeting
from .projections import Scope, project, refresh_totals
from .projections.totals import refresh_meetings
from .tables import Base, MeetingRow, MeetingStatus

DERIVED = (
    "title",
    "creator_id",
    "status",
    "actual_start_time",
    "actual_end_time",
    "current_participants_count",
)
"""What of `meetings` follows from what happened; a title and a creator only where nobody made the meeting."""


class Staging:
    """A file that is gone afterwards. The projections are those that the record is made by."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        with tempfile.TemporaryDirectory(prefix="folkmoot-replay-") as directory:
            engine = create_engine(f"sqlite+aiosqlite:///{Path(directory) / 'staging.db'}")
            try:
                async with engine.begin() as connection:
                    await connection.run_sync(Base.metadata.create_all)
                yield cls(engine)
            finally:
                await engine.dispose()

    @asynccontextmanager
    async def meeting(self, row: dict[str, Any]) -> AsyncIterator[Staged]:
        """Begins with the meeting as people made it. What is staged is never committed, which would cost syncs."""
        async with self._engine.connect() as connection:
            await connection.execute(insert(MeetingRow), [row])
            staged = Staged(connection, row["id"])
            await staged.forget()
            try:
                yield staged
            finally:
                await connection.rollback()


class Staged:
    """`through` is the number of the last event that was taken, `events` how many there were."""

    def __init__(self, connection: AsyncConnection, meeting_id: str) -> None:
        self.connection = connection
        self.meeting_id = meeting_id
        self.through = 0
        self.events = 0
        self._made = MadeMeeting()
        self._scope = Scope(connection)

    async def take(self, events: Sequence[tuple[int, Event]]) -> None:
        for sequence, event in events:
            await project(self._scope, event)
            self._made.take(event.payload)
            self.through = sequence
        self.events += len(events)
        await self._scope.flush()

    async def settle(self) -> None:
        """Totals of all that was taken."""
        self._scope.lifecycles.add(self.meeting_id)
        self._scope.crowds.add(self.meeting_id)
        await refresh_totals(self._scope)
        self._scope = Scope(self.connection)

    async def derive(self, row: dict[str, Any]) -> dict[str, Any]:
        """What `meetings` should say; what events do not tell of what people made of it, as people have it now."""
        made = row | self._made.columns
        await self.connection.execute(update(MeetingRow).where(MeetingRow.id == self.meeting_id).values(**made))
        await self.forget()
        await refresh_meetings(Scope(self.connection, lifecycles={self.meeting_id}))
        columns = [getattr(MeetingRow, name) for name in {*DERIVED, *self._made.columns}]
        found = await self.connection.execute(select(*columns).where(MeetingRow.id == self.meeting_id))
        return dict(found.mappings().one())

    async def forget(self) -> None:
        """What really happened; what people made of the meeting, and that they cancelled it, stays."""
        of_it = update(MeetingRow).where(MeetingRow.id == self.meeting_id)
        held = MeetingRow.status.in_((MeetingStatus.IN_PROGRESS, MeetingStatus.COMPLETED))
        await self.connection.execute(of_it.where(held).values(status=MeetingStatus.SCHEDULED))
        await self.connection.execute(
            of_it.values(actual_start_time=None, actual_end_time=None, current_participants_count=0)
        )

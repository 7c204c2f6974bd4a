"""Rows made anew from the log: after a fault in a projection, or for one that is new (EVT-10)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Self

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .database import create_engine, translated, writing
from .events import Event
from .migrations import migrate
from .projections import PROJECTIONS, Projection, Scope, refresh_totals
from .tables import MeetingLogRow, MeetingRow

PAGE: Final = 1000
_MEETINGS: Final = 500

BY_NAME: Final = {projection.name: projection for projection in PROJECTIONS}


@dataclass(frozen=True, slots=True)
class Replayed:
    """One meeting. With `archived` events its log is not whole: then nothing was changed."""

    meeting_id: str
    events: int
    archived: int


class Replay:
    """Works on the database alone, beside a running server too: each meeting is held for the time its rows take."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        """Migrates the database first. Raises what the driver raises when it cannot be reached."""
        engine = create_engine(url)
        try:
            await migrate(engine)
            yield cls(engine)
        finally:
            await engine.dispose()

    async def run(self, *, meeting_id: str | None = None, projections: Collection[str] = ()) -> AsyncIterator[Replayed]:
        """One meeting, or all; these projections, or all. Each meeting is one transaction.

        Raises KeyError for a name no projection has, `UnavailableError` when the database refuses: what was told by
        then is done, and the same may be asked again.
        """
        chosen = [BY_NAME[name] for name in projections] or list(PROJECTIONS)
        async for one in self._meetings() if meeting_id is None else _only(meeting_id):
            async with translated(), writing(self._engine).begin() as connection:
                replayed = await _replay(connection, one, chosen)
            if replayed is not None:
                yield replayed

    async def _meetings(self) -> AsyncIterator[str]:
        last = ""
        while True:
            question = select(MeetingRow.id).where(MeetingRow.id > last).order_by(MeetingRow.id).limit(_MEETINGS)
            async with translated(), self._engine.connect() as connection:
                found = list(await connection.scalars(question))
            for meeting_id in found:
                yield meeting_id
            if not found:
                return
            last = found[-1]


async def _only(meeting_id: str) -> AsyncIterator[str]:
    yield meeting_id


async def _replay(connection: AsyncConnection, meeting_id: str, chosen: Sequence[Projection]) -> Replayed | None:
    """None for a meeting that is not there."""
    lock = select(MeetingRow.archived_through).where(MeetingRow.id == meeting_id).with_for_update()
    archived = await connection.scalar(lock)
    if archived is None or archived > 0:
        return None if archived is None else Replayed(meeting_id, 0, archived)
    for projection in chosen:
        await projection.clear(connection, meeting_id)
    scope, events = Scope(connection), 0
    async for event in _events(connection, meeting_id):
        for projection in chosen:
            await projection.take(scope, event)
        events += 1
        if events % PAGE == 0:
            await scope.flush()
    # Their rows may have been cleared although no event of theirs is left to say so.
    scope.lifecycles.add(meeting_id)
    scope.crowds.add(meeting_id)
    await refresh_totals(scope)
    return Replayed(meeting_id, events, 0)


async def _events(connection: AsyncConnection, meeting_id: str) -> AsyncIterator[Event]:
    columns = [getattr(MeetingLogRow, name) for name in Event.model_fields]
    after = 0
    while True:
        question = (
            select(MeetingLogRow.sequence, *columns)
            .where(MeetingLogRow.meeting_id == meeting_id, MeetingLogRow.sequence > after)
            .order_by(MeetingLogRow.sequence)
            .limit(PAGE)
        )
        rows = (await connection.execute(question)).mappings().all()
        for row in rows:
            yield Event.parse({name: row[name] for name in Event.model_fields})
        if len(rows) < PAGE:
            return
        after = rows[-1]["sequence"]

"""Rows made anew from the events: after a fault in a projection, or for one that is new (EVT-10)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .database import create_engine, translated, writing
from .errors import ArchiveDamagedError
from .mending import Key, Mended
from .migrations import migrate
from .projections import PROJECTIONS, Projection
from .projections.analytics import ANALYTICS
from .projections.meeting import MEETINGS
from .staging import Staged, Staging
from .tables import MeetingRow
from .whole_log import WholeLog

PAGE: Final = 1000
_MEETINGS: Final = 500

BY_NAME: Final = {projection.name: projection for projection in PROJECTIONS}


@dataclass(frozen=True, slots=True)
class Replayed:
    """One meeting: its events, and how many rows were others than they should be.

    With something `lacking` of its events, nothing was changed.
    """

    meeting_id: str
    events: int
    mended: int = 0
    lacking: str | None = None


class _GoneError(Exception):
    """The meeting was deleted meanwhile."""


class Replay:
    """Works on the database and the archive alone, beside a running server too.

    A meeting's rows are made in a database of their own (`Staging`) and compared with those there are. So nobody ever
    finds a table empty, and the meeting is held for no longer than a page of rows takes: each is put right in a
    transaction that knows all events there are by then. Tables come before those that sum them up, so what the writer
    adds in between is added to what is right.
    """

    def __init__(self, engine: AsyncEngine, archive: Path | None = None) -> None:
        self._engine = engine
        self._log = WholeLog(archive)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, archive: Path | None = None) -> AsyncIterator[Self]:
        """Migrates the database first. Raises what the driver raises when it cannot be reached."""
        engine = create_engine(url)
        try:
            await migrate(engine)
            yield cls(engine, archive)
        finally:
            await engine.dispose()

    async def run(self, *, meeting_id: str | None = None, projections: Collection[str] = ()) -> AsyncIterator[Replayed]:
        """One meeting, or all; these projections, or all.

        Raises KeyError for a name no projection has, `UnavailableError` when the database refuses: what was told by
        then is done, and the same may be asked again.
        """
        chosen = [BY_NAME[name] for name in projections] or list(PROJECTIONS)
        async with Staging.open() as staging:
            async for one in self._meetings() if meeting_id is None else _only(meeting_id):
                try:
                    yield await self._replay(staging, one, chosen)
                except _GoneError:
                    continue
                except ArchiveDamagedError as error:
                    yield Replayed(one, 0, lacking=str(error))

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

    async def _replay(self, staging: Staging, meeting_id: str, chosen: Sequence[Projection]) -> Replayed:
        async with translated(), self._engine.connect() as connection:
            row = await _find_meeting(connection, meeting_id)
        async with staging.meeting(row) as staged:
            while await self._read_page(staged):
                pass
            await staged.settle()
            mended = 0
            for projection in PROJECTIONS:
                # Figures are the last: they are made of all the others, and of when the meeting ended.
                if projection is ANALYTICS and MEETINGS in chosen:
                    mended += await self._mend_meeting(staged)
                if projection in chosen:
                    mended += sum([await self._mend(staged, Mended.of(table)) for table in projection.tables])
            return Replayed(meeting_id, staged.events, mended)

    async def _read_page(self, staged: Staged) -> bool:
        """Nobody is held meanwhile. Answers whether there was one."""
        async with translated(), self._engine.connect() as connection:
            events = await self._log.after(connection, staged.meeting_id, staged.through, limit=PAGE)
        await staged.take(events)
        return bool(events)

    async def _mend(self, staged: Staged, of: Mended) -> int:
        mended, after = 0, None
        while True:
            async with self._holding(staged) as connection:
                rows = await of.page(staged.connection, staged.meeting_id, after, PAGE)
                mended += await of.put(connection, rows)
            if len(rows) < PAGE:
                break
            after = of.key_of(rows[-1])
        return mended + await self._drop_surplus(staged, of)

    async def _drop_surplus(self, staged: Staged, of: Mended) -> int:
        dropped = 0
        after: Key | None = None
        while True:
            async with self._holding(staged) as connection:
                rows = await of.page(connection, staged.meeting_id, after, PAGE)
                dropped += await of.keep(connection, rows, staged.connection)
            if len(rows) < PAGE:
                return dropped
            after = of.key_of(rows[-1])

    async def _mend_meeting(self, staged: Staged) -> int:
        async with self._holding(staged) as connection:
            row = await _find_meeting(connection, staged.meeting_id)
            derived = await staged.derive(row)
            if all(row[name] == value for name, value in derived.items()):
                return 0
            await connection.execute(update(MeetingRow).where(MeetingRow.id == staged.meeting_id).values(**derived))
            return 1

    @asynccontextmanager
    async def _holding(self, staged: Staged) -> AsyncIterator[AsyncConnection]:
        """Nobody adds to the meeting meanwhile, and all that was added before is staged."""
        async with translated(), writing(self._engine).begin() as connection:
            lock = select(MeetingRow.id).where(MeetingRow.id == staged.meeting_id).with_for_update()
            if await connection.scalar(lock) is None:
                raise _GoneError
            events = await self._log.after(connection, staged.meeting_id, staged.through, limit=PAGE)
            while events:
                await staged.take(events)
                await staged.settle()
                events = await self._log.after(connection, staged.meeting_id, staged.through, limit=PAGE)
            yield connection


async def _only(meeting_id: str) -> AsyncIterator[str]:
    yield meeting_id


async def _find_meeting(connection: AsyncConnection, meeting_id: str) -> dict[str, Any]:
    found = (
        (await connection.execute(select(MeetingRow.__table__).where(MeetingRow.id == meeting_id))).mappings().first()
    )
    if found is None:
        raise _GoneError
    return dict(found)

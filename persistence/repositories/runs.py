"""The runs of meetings, each from its `meeting.started` on: what a server that comes back reads to go on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.catching_up import CatchUp
from persistence.database import translated
from persistence.errors import InvalidEventError
from persistence.events import Event, MeetingStarted
from persistence.log_rows import EVENT_COLUMNS
from persistence.tables import MeetingLogRow, MeetingRow, MeetingStatus

PAGE: Final = 1000
_COLUMNS: Final = (MeetingLogRow.sequence, *EVENT_COLUMNS)


class Runs:
    """`catch_up` waits until events that were durable before the question are applied.

    Everything here raises `UnavailableError` without a database.
    """

    def __init__(self, engine: AsyncEngine, *, catch_up: CatchUp) -> None:
        self._engine = engine
        self._catch_up = catch_up

    async def unfinished(self) -> list[str]:
        """The meetings that have begun and not ended, on whichever node."""
        await self._catch_up()
        async with translated(), self._engine.connect() as connection:
            question = select(MeetingRow.id).where(MeetingRow.status == MeetingStatus.IN_PROGRESS)
            return list(await connection.scalars(question.order_by(MeetingRow.id)))

    async def last(self, meeting_id: str, types: Sequence[str]) -> AsyncIterator[Event]:
        """The events of the meeting's last run that are of these types, in order, `meeting.started` first.

        None at all for a meeting that never began. What this version cannot read is left out.
        """
        await self._catch_up(meeting_id)
        async with translated(), self._engine.connect() as connection:
            begun = (
                select(MeetingLogRow.sequence)
                .where(MeetingLogRow.meeting_id == meeting_id, MeetingLogRow.type == MeetingStarted.type)
                .order_by(MeetingLogRow.sequence.desc())
                .limit(1)
            )
            first = await connection.scalar(begun)
        if first is None:
            return
        wanted = (MeetingStarted.type, *types)
        after = first - 1
        while True:
            question = (
                select(*_COLUMNS)
                .where(MeetingLogRow.meeting_id == meeting_id, MeetingLogRow.sequence > after)
                .where(MeetingLogRow.type.in_(wanted))
                .order_by(MeetingLogRow.sequence)
                .limit(PAGE)
            )
            async with translated(), self._engine.connect() as connection:
                rows = list(await connection.execute(question))
            for row in rows:
                fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
                after = fields.pop("sequence")
                try:
                    event = Event.parse(fields)
                except InvalidEventError:
                    continue
                yield event
            if len(rows) < PAGE:
                return

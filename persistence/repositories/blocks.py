"""Whom hosts keep out of which meeting."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.catching_up import CatchUp
from persistence.database import translated
from persistence.tables import MeetingBlockRow

_BLOCKED: Final = (
    select(MeetingBlockRow.user_id, MeetingBlockRow.display_name)
    .where(MeetingBlockRow.meeting_id == bindparam("meeting_id"), MeetingBlockRow.blocked)
    .order_by(MeetingBlockRow.decided_at, MeetingBlockRow.user_id)
)


class Blocks:
    """`catch_up` waits until events that were durable before the question are applied."""

    def __init__(self, engine: AsyncEngine, *, catch_up: CatchUp) -> None:
        self._engine = engine
        self._catch_up = catch_up

    async def of(self, meeting_id: str) -> dict[str, str]:
        """Display names by user id, the longest blocked first. Raises `UnavailableError` without a database."""
        await self._catch_up(meeting_id)
        async with translated(), self._engine.connect() as connection:
            rows = await connection.execute(_BLOCKED, {"meeting_id": meeting_id})
            return {row.user_id: row.display_name for row in rows}

"""Polls of a meeting with everybody's answers, for the room that runs them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.catching_up import CatchUp
from persistence.database import translated
from persistence.events import PollType
from persistence.tables import PollResponseRow, PollRow


class PollResponse(BaseModel):
    """The latest answer under a ballot. Without `user_id` nobody is to know whose it is."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    ballot: str
    revision: int
    user_id: str | None = None
    display_name: str | None = None
    choices: list[int] = []
    rating: int | None = None
    text: str | None = None


class Poll(BaseModel):
    """What was asked, of which type, by whom, and whether it is over. `steps` of a Rating."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    poll_id: str
    type: PollType
    question: str
    options: list[str]
    most_choices: int
    steps: int | None
    anonymous: bool
    live: bool
    participant_id: str
    user_id: str
    display_name: str
    opened_at: datetime
    closed_at: datetime | None


_POLL = [getattr(PollRow, name) for name in Poll.model_fields]
_RESPONSE = [getattr(PollResponseRow, name) for name in PollResponse.model_fields]
_POLLS: Final = (
    select(*_POLL)
    .where(PollRow.meeting_id == bindparam("meeting_id"), PollRow.opened_at.is_not(None))
    .order_by(PollRow.opened_at, PollRow.poll_id)
)
_RESPONSES: Final = (
    select(PollResponseRow.poll_id, *_RESPONSE)
    .where(PollResponseRow.meeting_id == bindparam("meeting_id"))
    .order_by(PollResponseRow.revision)
)


class Polls:
    """`catch_up` waits until events that were durable before the question are applied."""

    def __init__(self, engine: AsyncEngine, *, catch_up: CatchUp) -> None:
        self._engine = engine
        self._catch_up = catch_up

    async def of(self, meeting_id: str) -> list[tuple[Poll, list[PollResponse]]]:
        """The oldest poll first, its answers as they came. Raises `UnavailableError` without a database."""
        await self._catch_up(meeting_id)
        asked = {"meeting_id": meeting_id}
        by_poll: dict[str, list[PollResponse]] = defaultdict(list)
        async with translated(), self._engine.connect() as connection:
            found = (await connection.execute(_POLLS, asked)).all()
            if found:
                for row in await connection.execute(_RESPONSES, asked):
                    by_poll[row.poll_id].append(PollResponse.model_validate(row))
        return [(Poll.model_validate(row), by_poll[row.poll_id]) for row in found]

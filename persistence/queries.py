"""Questions about what happened (EVT-9). Whoever emitted an event finds it here at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from sqlalchemy import ColumnElement, Select, false, func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import InstrumentedAttribute

from .database import translated
from .events import CATALOGUE
from .tables import MeetingLogRow, ParticipantRow, ParticipantSessionRow

MAX_PAGE: Final = 1000
_MAX_SEQUENCE: Final = 2**63 - 1


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class StoredEvent(Answer):
    """An event with its place: `sequence` is dense and increasing in its meeting.

    Its payload is what everybody may see who may read the record: without the fields its type withholds.
    """

    event_id: str
    type: str
    sequence: int
    meeting_id: str
    participant_id: str | None
    timestamp: datetime
    payload: dict[str, Any]

    @field_validator("payload")
    @classmethod
    def _withhold(cls, payload: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        kind = CATALOGUE.get(info.data.get("type", ""))
        withheld = kind.withheld if kind is not None else frozenset()
        return {name: value for name, value in payload.items() if name not in withheld} if withheld else payload


class EventPage(Answer):
    """`next_after` is the `after` of the next question, None when this page ends the list."""

    items: list[StoredEvent]
    next_after: int | None


class Stay(Answer):
    """From coming to leaving once. `left_at` is None while it lasts."""

    participant_id: str
    joined_at: datetime | None
    left_at: datetime | None
    left_reason: str | None


class ParticipantRecord(Answer):
    """A person in a meeting. `joined_at` is the first arrival, `left_at` the last departure, None while present."""

    user_id: str
    display_name: str
    role: str | None
    permissions: dict[str, Any] | None
    status: str
    joined_at: datetime | None
    left_at: datetime | None
    total_duration_s: int
    stays: list[Stay]


class Queries:
    """Every question first waits until events that were durable before it are applied.

    All raise `UnavailableError` when the database is not there or too far behind. An unknown meeting has no events.
    """

    def __init__(self, engine: AsyncEngine, *, catch_up: Callable[[], Awaitable[None]]) -> None:
        self._engine = engine
        self._catch_up = catch_up

    async def events(
        self,
        meeting_id: str,
        *,
        type: str | None = None,  # noqa: A002 - the event's own word
        participant_id: str | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> EventPage:
        """Events with a `sequence` beyond `after`, in order, at most `limit` (1 to 1000) of them."""
        limit = max(1, min(limit, MAX_PAGE))
        columns = [getattr(MeetingLogRow, name) for name in StoredEvent.model_fields]
        question = select(*columns).where(
            _is(MeetingLogRow.meeting_id, meeting_id), MeetingLogRow.sequence > min(after, _MAX_SEQUENCE)
        )
        if type is not None:
            question = question.where(_is(MeetingLogRow.type, type))
        if participant_id is not None:
            question = question.where(_is(MeetingLogRow.participant_id, participant_id))
        rows = await self._ask(question.order_by(MeetingLogRow.sequence).limit(limit + 1))
        items = [StoredEvent.model_validate(row) for row in rows[:limit]]
        return EventPage(items=items, next_after=items[-1].sequence if len(rows) > limit else None)

    async def counts(self, meeting_id: str) -> dict[str, int]:
        """How many events of each type."""
        rows = await self._ask(
            select(MeetingLogRow.type, func.count())
            .where(_is(MeetingLogRow.meeting_id, meeting_id))
            .group_by(MeetingLogRow.type)
            .order_by(MeetingLogRow.type)
        )
        return {kind: count for kind, count in rows}  # noqa: C416 - rows are not plain tuples to the type checker

    async def participants(self, meeting_id: str) -> list[ParticipantRecord]:
        """Everybody who was ever in, in order of first arrival, with each of their stays."""
        stays: dict[str, list[Stay]] = defaultdict(list)
        for row in await self._ask(
            select(ParticipantSessionRow.user_id, *(getattr(ParticipantSessionRow, name) for name in Stay.model_fields))
            .where(_is(ParticipantSessionRow.meeting_id, meeting_id))
            .order_by(ParticipantSessionRow.joined_at.nulls_first(), ParticipantSessionRow.participant_id)
        ):
            stays[row.user_id].append(Stay.model_validate(row))
        columns = [getattr(ParticipantRow, name) for name in ParticipantRecord.model_fields if name != "stays"]
        people = await self._ask(
            select(*columns)
            .where(_is(ParticipantRow.meeting_id, meeting_id))
            .order_by(ParticipantRow.joined_at.nulls_last(), ParticipantRow.user_id)
        )
        return [ParticipantRecord(**person._mapping, stays=stays[person.user_id]) for person in people]  # noqa: SLF001

    async def stays_of(self, user_id: str, meeting_ids: Collection[str]) -> set[tuple[str, str]]:
        """Which stays in these meetings are this person's, as (meeting, participant)."""
        rows = await self._ask(
            select(ParticipantSessionRow.meeting_id, ParticipantSessionRow.participant_id).where(
                _is(ParticipantSessionRow.user_id, user_id), ParticipantSessionRow.meeting_id.in_(meeting_ids)
            )
        )
        return {(row.meeting_id, row.participant_id) for row in rows}

    async def _ask(self, question: Select[*tuple[Any, ...]]) -> list[Any]:
        await self._catch_up()
        async with translated(), self._engine.connect() as connection:
            return list(await connection.execute(question))


def _is(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    # No stored id holds a control character or half a surrogate, and a driver may refuse to be asked for one.
    return column == text if text.isprintable() else false()

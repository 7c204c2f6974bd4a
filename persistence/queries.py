"""Questions about what happened (EVT-9). Whoever emitted an event finds it here at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationInfo, field_validator
from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from .events import CATALOGUE
from .filters import EventFilter, narrowed
from .reader import Answer, Reader, is_text
from .tables import MeetingCounterRow, MeetingLogRow, ParticipantRow, ParticipantSessionRow

MAX_PAGE: Final = 1000
_MAX_SEQUENCE: Final = 2**63 - 1
_EVERYTHING: Final = EventFilter()


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
        self._reader = Reader(engine, catch_up=catch_up)

    async def events(
        self, meeting_id: str, wanted: EventFilter = _EVERYTHING, *, after: int = 0, limit: int = 100
    ) -> EventPage:
        """Events that fit, with a `sequence` beyond `after`, in order, at most `limit` (1 to 1000) of them."""
        limit = max(1, min(limit, MAX_PAGE))
        question = events_of(meeting_id, wanted, after).limit(limit + 1)
        items = [StoredEvent.model_validate(row) for row in await self._reader.ask(question)]
        more = len(items) > limit
        return EventPage(items=items[:limit], next_after=items[limit - 1].sequence if more else None)

    async def all_events(self, meeting_id: str, wanted: EventFilter = _EVERYTHING) -> AsyncIterator[list[StoredEvent]]:
        """Every event that fits and was durable before the question, a page at a time.

        Between pages no connection is held, however long their reader takes.
        """
        last = select(func.max(MeetingLogRow.sequence)).where(is_text(MeetingLogRow.meeting_id, meeting_id))
        ((end,),) = await self._reader.ask(last)
        after: int | None = 0 if end is not None else None
        while after is not None:
            page = await self.events(meeting_id, wanted, after=after, limit=MAX_PAGE)
            after = page.next_after
            yield [event for event in page.items if event.sequence <= end]
            if page.items and page.items[-1].sequence >= end:
                return

    async def counts(self, meeting_id: str) -> dict[str, int]:
        """How many events of each type there ever were."""
        rows = await self._reader.ask(
            select(MeetingCounterRow.type, MeetingCounterRow.total)
            .where(is_text(MeetingCounterRow.meeting_id, meeting_id))
            .order_by(MeetingCounterRow.type)
        )
        return {row.type: row.total for row in rows}

    async def role_of(self, meeting_id: str, user_id: str) -> str | None:
        """The last role a person had in a meeting, None when they were never in."""
        rows = await self._reader.ask(
            select(ParticipantRow.role).where(
                is_text(ParticipantRow.meeting_id, meeting_id), is_text(ParticipantRow.user_id, user_id)
            )
        )
        return rows[0].role if rows else None

    async def participants(self, meeting_id: str) -> list[ParticipantRecord]:
        """Everybody who was ever in, in order of first arrival, with each of their stays."""
        stays: dict[str, list[Stay]] = defaultdict(list)
        for row in await self._reader.ask(
            select(ParticipantSessionRow.user_id, *(getattr(ParticipantSessionRow, name) for name in Stay.model_fields))
            .where(is_text(ParticipantSessionRow.meeting_id, meeting_id))
            .order_by(ParticipantSessionRow.joined_at.nulls_first(), ParticipantSessionRow.participant_id)
        ):
            stays[row.user_id].append(Stay.model_validate(row))
        columns = [getattr(ParticipantRow, name) for name in ParticipantRecord.model_fields if name != "stays"]
        people = await self._reader.ask(
            select(*columns)
            .where(is_text(ParticipantRow.meeting_id, meeting_id))
            .order_by(ParticipantRow.joined_at.nulls_last(), ParticipantRow.user_id)
        )
        return [ParticipantRecord(**person._mapping, stays=stays[person.user_id]) for person in people]  # noqa: SLF001

    async def stays_of(self, user_id: str, stays: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which of these stays, as (meeting, participant), are this person's.

        Who has been in for a while is found without waiting: their reports hurry nobody.
        """
        key = ParticipantSessionRow.meeting_id, ParticipantSessionRow.participant_id
        question = select(*key).where(is_text(ParticipantSessionRow.user_id, user_id), tuple_(*key).in_(stays))
        found = {tuple(row) for row in await self._reader.glance(question)}
        if not found.issuperset(stays):
            found = {tuple(row) for row in await self._reader.ask(question)}
        return found


def events_of(meeting_id: str, wanted: EventFilter, after: int) -> Select[*tuple[Any, ...]]:
    columns = [getattr(MeetingLogRow, name) for name in StoredEvent.model_fields]
    beyond = MeetingLogRow.sequence > min(after, _MAX_SEQUENCE)
    return narrowed(select(*columns), meeting_id, wanted).where(beyond).order_by(MeetingLogRow.sequence)

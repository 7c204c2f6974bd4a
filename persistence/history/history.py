"""Questions about a meeting as a whole (EVT-9, WEB-4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.events import CATALOGUE, MeetingEnded
from persistence.queries import StoredEvent
from persistence.reader import Reader, is_text
from persistence.tables import MeetingCounterRow, MeetingLogRow, MeetingRow, ParticipantSessionRow, ParticipantStateRow

from .past import MAX_PAGE, PastMeeting, PastPage, Place, held_by
from .spans import Change
from .state import PersonState, RoomState, people_at
from .timeline import MARKER_SUBJECTS, MARKER_TYPES, MOST_MARKERS, Timeline, draw

_MARKED: Final = sorted(tag for tag in CATALOGUE if tag.partition(".")[0] in MARKER_SUBJECTS or tag in MARKER_TYPES)


class History:
    """All raise `UnavailableError` when the database is not there or too far behind. Unknown meetings are empty."""

    def __init__(self, engine: AsyncEngine, *, catch_up: Callable[[], Awaitable[None]]) -> None:
        self._reader = Reader(engine, catch_up=catch_up)

    async def held(self, user_id: str | None, *, before: Place | None = None, limit: int = 25) -> PastPage:
        """Meetings that began, the latest first: those somebody made or was in, or, for None, all."""
        limit = max(1, min(limit, MAX_PAGE))
        rows = await self._reader.ask(held_by(user_id, before, limit + 1))
        items = [PastMeeting.model_validate(row) for row in rows[:limit]]
        last = items[-1] if len(rows) > limit else None
        return PastPage(items=items, next_before=(last.started_at, last.id) if last else None)

    async def state(self, meeting_id: str, at: datetime) -> RoomState:
        """Who was in at that moment, and what they had switched on."""
        rows = await self._reader.ask(people_at(meeting_id, at))
        people = [PersonState.model_validate(row) for row in rows]
        return RoomState(meeting_id=meeting_id, at=at, participants=people)

    async def timeline(self, meeting_id: str) -> Timeline:
        """Lanes and markers of the whole meeting."""
        held, ends, stays, changes, markers, marked = await self._reader.ask_all(
            _held(meeting_id),
            _ends(meeting_id),
            _stays(meeting_id),
            _changes(meeting_id),
            _markers(meeting_id),
            _marked(meeting_id),
        )
        return draw(
            meeting_id,
            ended_at=held[0].actual_end_time if held else None,
            ends=[moment for row in (*ends, *held) if (moment := row[0]) is not None],
            last_heard_at=held[0].last_heard_at if held else None,
            stays=stays,
            changes=[Change(*row) for row in changes],
            markers=[StoredEvent.model_validate(row) for row in markers],
            marked=marked[0][0] or 0,
        )


def _held(meeting_id: str) -> Select[*tuple[Any, ...]]:
    heard = select(func.max(MeetingCounterRow.last_at)).where(MeetingCounterRow.meeting_id == MeetingRow.id)
    columns = (MeetingRow.actual_end_time, heard.scalar_subquery().label("last_heard_at"))
    return select(*columns).where(is_text(MeetingRow.id, meeting_id))


def _ends(meeting_id: str) -> Select[*tuple[Any, ...]]:
    return select(MeetingLogRow.timestamp).where(
        is_text(MeetingLogRow.meeting_id, meeting_id), MeetingLogRow.type == MeetingEnded.type
    )


def _stays(meeting_id: str) -> Select[*tuple[Any, ...]]:
    stay = ParticipantSessionRow
    return (
        select(
            stay.participant_id,
            stay.user_id,
            stay.display_name,
            stay.role,
            stay.joined_at,
            stay.left_at,
            stay.left_reason,
        )
        .where(is_text(stay.meeting_id, meeting_id), stay.joined_at.is_not(None))
        .order_by(stay.joined_at, stay.participant_id)
    )


def _changes(meeting_id: str) -> Select[*tuple[Any, ...]]:
    """In the order of the primary key."""
    change = ParticipantStateRow
    return (
        select(change.state, change.participant_id, change.at, change.is_on)
        .where(is_text(change.meeting_id, meeting_id))
        .order_by(change.state, change.participant_id, change.at, change.event_id)
    )


def _markers(meeting_id: str) -> Select[*tuple[Any, ...]]:
    columns = [getattr(MeetingLogRow, name) for name in StoredEvent.model_fields]
    return (
        select(*columns)
        .where(is_text(MeetingLogRow.meeting_id, meeting_id), MeetingLogRow.type.in_(_MARKED))
        .order_by(MeetingLogRow.sequence)
        .limit(MOST_MARKERS)
    )


def _marked(meeting_id: str) -> Select[*tuple[Any, ...]]:
    return select(func.sum(MeetingCounterRow.total)).where(
        is_text(MeetingCounterRow.meeting_id, meeting_id), MeetingCounterRow.type.in_(_MARKED)
    )

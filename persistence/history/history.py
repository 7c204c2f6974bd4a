"""Questions about a meeting as a whole (EVT-9, WEB-4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from persistence.engagement import MeetingFigures, PersonFigures
from persistence.events import CATALOGUE
from persistence.figures import captures_of, ends_of, read_figures, spans_of
from persistence.queries import StoredEvent
from persistence.reader import Reader, is_text
from persistence.spans import grouped
from persistence.tables import (
    MeetingAnalyticsRow,
    MeetingCounterRow,
    MeetingLogRow,
    MeetingRow,
    ParticipantEngagementRow,
    ParticipantSessionRow,
)

from .analytics import Analytics
from .past import ALL, MAX_PAGE, PastMeeting, PastPage, Place, Wanted, held_by
from .state import PersonState, RoomState, captures_at, people_at
from .timeline import MARKER_SUBJECTS, MARKER_TYPES, MOST_MARKERS, Timeline, draw

_MARKED: Final = sorted(tag for tag in CATALOGUE if tag.partition(".")[0] in MARKER_SUBJECTS or tag in MARKER_TYPES)


class History:
    """All raise `UnavailableError` when the database is not there or too far behind. Unknown meetings are empty."""

    def __init__(self, engine: AsyncEngine, *, catch_up: Callable[[], Awaitable[None]]) -> None:
        self._reader = Reader(engine, catch_up=catch_up)

    async def held(
        self, user_id: str | None, *, before: Place | None = None, limit: int = 25, wanted: Wanted = ALL
    ) -> PastPage:
        """Meetings that began, the latest first: those somebody made or was in, or, for None, all."""
        limit = max(1, min(limit, MAX_PAGE))
        rows = await self._reader.ask(held_by(user_id, before, limit + 1, wanted))
        items = [PastMeeting.model_validate(row) for row in rows[:limit]]
        last = items[-1] if len(rows) > limit else None
        return PastPage(items=items, next_before=(last.started_at, last.id) if last else None)

    async def state(self, meeting_id: str, at: datetime) -> RoomState:
        """Who was in at that moment, and what they had switched on."""
        rows, kept = await self._reader.ask_all(people_at(meeting_id, at), captures_at(meeting_id, at))
        people = [PersonState.model_validate(row) for row in rows]
        kinds = {row.kind for row in kept}
        return RoomState(
            meeting_id=meeting_id,
            at=at,
            recording="recording" in kinds,
            transcription="transcription" in kinds,
            participants=people,
        )

    async def analytics(self, meeting_id: str, *, now: datetime) -> Analytics:
        """The meeting in figures: as they stand, or, while it lasts, as they would be if it ended `now`."""

        async def answer(connection: AsyncConnection) -> Analytics:
            whole = (await connection.execute(_analytics(meeting_id))).first()
            if whole is not None:
                people = await connection.execute(_engagement(meeting_id))
                return Analytics(
                    is_final=True,
                    meeting=MeetingFigures.model_validate(whole),
                    participants=[PersonFigures.model_validate(row) for row in people],
                )
            figures, of_people = await read_figures(connection, meeting_id, until=now)
            return Analytics(
                is_final=False,
                meeting=figures,
                participants=of_people,
            )

        return await self._reader.read(answer)

    async def timeline(self, meeting_id: str) -> Timeline:
        """Lanes and markers of the whole meeting."""
        held, ends, stays, spans, recordings, transcriptions, markers, marked = await self._reader.ask_all(
            _held(meeting_id),
            ends_of(meeting_id),
            _stays(meeting_id),
            spans_of(meeting_id),
            captures_of(meeting_id, "recording"),
            captures_of(meeting_id, "transcription"),
            _markers(meeting_id),
            _marked(meeting_id),
        )
        return draw(
            meeting_id,
            ended_at=held[0].actual_end_time if held else None,
            ends=[row.timestamp for row in ends],
            last_heard_at=held[0].last_heard_at if held else None,
            stays=stays,
            on=grouped(spans),
            recordings=recordings,
            transcriptions=transcriptions,
            markers=[StoredEvent.model_validate(row) for row in markers],
            marked=marked[0][0] or 0,
        )


def _analytics(meeting_id: str) -> Select[*tuple[Any, ...]]:
    columns = [getattr(MeetingAnalyticsRow, name) for name in MeetingFigures.model_fields]
    return select(*columns).where(is_text(MeetingAnalyticsRow.meeting_id, meeting_id))


def _engagement(meeting_id: str) -> Select[*tuple[Any, ...]]:
    columns = [getattr(ParticipantEngagementRow, name) for name in PersonFigures.model_fields]
    return (
        select(*columns)
        .where(is_text(ParticipantEngagementRow.meeting_id, meeting_id))
        .order_by(ParticipantEngagementRow.user_id)
    )


def _held(meeting_id: str) -> Select[*tuple[Any, ...]]:
    heard = select(func.max(MeetingCounterRow.last_at)).where(MeetingCounterRow.meeting_id == MeetingRow.id)
    columns = (MeetingRow.actual_end_time, heard.scalar_subquery().label("last_heard_at"))
    return select(*columns).where(is_text(MeetingRow.id, meeting_id))


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


def _markers(meeting_id: str) -> Select[*tuple[Any, ...]]:
    columns = [getattr(MeetingLogRow, name) for name in StoredEvent.model_fields]
    return (
        select(*columns)
        .where(is_text(MeetingLogRow.meeting_id, meeting_id), MeetingLogRow.type.in_(_MARKED))
        # Plain `sequence` would tempt both databases to walk the whole log in its order, looking for the few.
        .order_by(MeetingLogRow.sequence + 0)
        .limit(MOST_MARKERS)
    )


def _marked(meeting_id: str) -> Select[*tuple[Any, ...]]:
    return select(func.sum(MeetingCounterRow.total)).where(
        is_text(MeetingCounterRow.meeting_id, meeting_id), MeetingCounterRow.type.in_(_MARKED)
    )

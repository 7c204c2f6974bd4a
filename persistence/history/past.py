"""Meetings that were held, the latest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, tuple_

from persistence.events import SERVER_LOG
from persistence.reader import Answer, holds_text, is_text
from persistence.tables import MeetingRow, MeetingStatus, ParticipantRow, ParticipationStatus

MAX_PAGE: Final = 100
HOST: Final = "host"
_ATTENDED: Final = ParticipantRow.status == ParticipationStatus.ATTENDED

Place = tuple[datetime, str]
"""Where a page ends: start and id of its last meeting."""


class PastMeeting(Answer):
    """`hosted` says whether the person asked about made or hosted it; `people` is how many were ever in."""

    id: str
    title: str
    status: MeetingStatus
    started_at: datetime
    ended_at: datetime | None
    people: int
    present: int
    hosted: bool


class PastPage(Answer):
    """`next_before` is the place the next page begins before, None when this one ends the list."""

    items: list[PastMeeting]
    next_before: Place | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which meetings: those whose title holds `text`, in whatever case, and that began from `since` on and not after
    `until`. What is not said narrows nothing."""

    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


ALL: Final = Wanted()


def held_by(user_id: str | None, before: Place | None, limit: int, wanted: Wanted = ALL) -> Select[*tuple[Any, ...]]:
    """Rows of `PastMeeting`: those a person made or was in, or, without a person, all."""
    hosted = _hosted(user_id)
    question = (
        select(
            MeetingRow.id,
            MeetingRow.title,
            MeetingRow.status,
            MeetingRow.actual_start_time.label("started_at"),
            MeetingRow.actual_end_time.label("ended_at"),
            select(func.count())
            .select_from(ParticipantRow)
            .where(ParticipantRow.meeting_id == MeetingRow.id, _ATTENDED)
            .scalar_subquery()
            .label("people"),
            MeetingRow.current_participants_count.label("present"),
            hosted.label("hosted"),
        )
        .where(MeetingRow.actual_start_time.is_not(None), MeetingRow.id != SERVER_LOG)
        .order_by(MeetingRow.actual_start_time.desc(), MeetingRow.id.desc())
        .limit(limit)
    )
    if user_id is not None:
        question = question.where(MeetingRow.id.in_(_of(user_id)))
    if wanted.text:
        question = question.where(holds_text(MeetingRow.title, wanted.text))
    if wanted.since is not None:
        question = question.where(MeetingRow.actual_start_time >= wanted.since)
    if wanted.until is not None:
        question = question.where(MeetingRow.actual_start_time <= wanted.until)
    if before is not None:
        question = question.where(tuple_(MeetingRow.actual_start_time, MeetingRow.id) < tuple_(*before))
    return question


def _of(user_id: str) -> Any:
    made = select(MeetingRow.id).where(is_text(MeetingRow.creator_id, user_id))
    been_in = select(ParticipantRow.meeting_id).where(is_text(ParticipantRow.user_id, user_id), _ATTENDED)
    return made.union(been_in)


def _hosted(user_id: str | None) -> ColumnElement[bool]:
    if user_id is None:
        return and_(True)
    hosted = exists().where(
        ParticipantRow.meeting_id == MeetingRow.id,
        is_text(ParticipantRow.user_id, user_id),
        ParticipantRow.role == HOST,
    )
    return or_(and_(MeetingRow.creator_id.is_not(None), is_text(MeetingRow.creator_id, user_id)), hosted)

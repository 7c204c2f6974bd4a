"""Which events of a meeting are meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from .reader import is_text
from .tables import MeetingLogRow, ParticipantSessionRow


@dataclass(frozen=True, slots=True)
class EventFilter:
    """All that is given has to fit. `participant_id` names one stay, `user_id` a person in all of theirs.

    `since` is the first moment meant, `until` the first that is not.
    """

    type: str | None = None
    participant_id: str | None = None
    user_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def narrowed(question: Select[*tuple[Any, ...]], meeting_id: str, wanted: EventFilter) -> Select[*tuple[Any, ...]]:
    """A question about `MeetingLogRow`, for events of the meeting that fit."""
    question = question.where(is_text(MeetingLogRow.meeting_id, meeting_id))
    if wanted.type is not None:
        question = question.where(is_text(MeetingLogRow.type, wanted.type))
    if wanted.participant_id is not None:
        question = question.where(is_text(MeetingLogRow.participant_id, wanted.participant_id))
    if wanted.user_id is not None:
        stays = select(ParticipantSessionRow.participant_id).where(
            is_text(ParticipantSessionRow.meeting_id, meeting_id),
            is_text(ParticipantSessionRow.user_id, wanted.user_id),
        )
        question = question.where(MeetingLogRow.participant_id.in_(stays))
    if times := _between(wanted):
        # The stretch of the log in which they lie, so that a page begins where they do and not where the log does.
        stretch = [is_text(MeetingLogRow.meeting_id, meeting_id), *times]
        first = select(func.min(MeetingLogRow.sequence)).where(*stretch).scalar_subquery()
        last = select(func.max(MeetingLogRow.sequence)).where(*stretch).scalar_subquery()
        question = question.where(MeetingLogRow.sequence.between(first, last), *times)
    return question


def _between(wanted: EventFilter) -> list[ColumnElement[bool]]:
    times = []
    if wanted.since is not None:
        times.append(MeetingLogRow.timestamp >= wanted.since)
    if wanted.until is not None:
        times.append(MeetingLogRow.timestamp < wanted.until)
    return times

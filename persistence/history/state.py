"""The room as it was at a moment: who was in, and what they had switched on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from persistence.events import MeetingEnded
from persistence.reader import Answer, is_text
from persistence.spans import STATES, State
from persistence.tables import CaptureRow, MeetingLifecycleRow, MeetingRow, ParticipantSessionRow, ParticipantStateRow


class PersonState(Answer):
    """Somebody who was in. `away`: their connection was lost, and their place was kept."""

    participant_id: str
    user_id: str
    display_name: str
    joined_at: datetime
    audio: bool
    video: bool
    screen: bool
    hand: bool
    speaking: bool
    away: bool


class RoomState(Answer):
    """Everybody who was in at `at`, in order of arrival, and whether what happened was kept."""

    meeting_id: str
    at: datetime
    recording: bool
    transcription: bool
    participants: list[PersonState]


def people_at(meeting_id: str, at: datetime) -> Select[*tuple[Any, ...]]:
    """Rows of `PersonState`. One step down the index for each person and state, however long the meeting is."""
    stay = ParticipantSessionRow
    return (
        select(
            stay.participant_id,
            stay.user_id,
            stay.display_name,
            stay.joined_at,
            *(_was_on(state, at).label(state) for state in STATES),
        )
        .join(MeetingRow, MeetingRow.id == stay.meeting_id)
        .where(is_text(stay.meeting_id, meeting_id), _lasted(stay.meeting_id, stay.joined_at, stay.left_at, at))
        .order_by(stay.joined_at, stay.participant_id)
    )


def captures_at(meeting_id: str, at: datetime) -> Select[*tuple[Any, ...]]:
    """The kinds of what was going on at that moment: `recording`, `transcription`."""
    one = CaptureRow
    return (
        select(one.kind)
        .distinct()
        .join(MeetingRow, MeetingRow.id == one.meeting_id)
        .where(is_text(one.meeting_id, meeting_id), _lasted(one.meeting_id, one.started_at, one.stopped_at, at))
    )


def _lasted(
    meeting_id: InstrumentedAttribute[str],
    began: InstrumentedAttribute[Any],
    stopped: InstrumentedAttribute[Any],
    at: datetime,
) -> ColumnElement[bool]:
    """Whether it was going on at that moment.

    What was never heard to end ended with the meeting, the first time that ended after it began.
    """
    ended = MeetingRow.actual_end_time
    meeting_ended = exists().where(
        MeetingLifecycleRow.meeting_id == meeting_id,
        MeetingLifecycleRow.type == MeetingEnded.type,
        MeetingLifecycleRow.at.between(began, at),
    )
    outlived = and_(stopped.is_(None), or_(ended.is_(None), ended > at, ended < began), ~meeting_ended)
    return and_(began <= at, or_(stopped > at, outlived))


def _was_on(state: State, at: datetime) -> ColumnElement[bool]:
    change = ParticipantStateRow
    latest = (
        select(change.is_on)
        .where(
            change.meeting_id == ParticipantSessionRow.meeting_id,
            change.state == state,
            change.participant_id == ParticipantSessionRow.participant_id,
            change.at <= at,
        )
        .order_by(change.at.desc(), change.event_id.desc())
        .limit(1)
        .correlate(ParticipantSessionRow)
        .scalar_subquery()
    )
    return func.coalesce(latest, false())

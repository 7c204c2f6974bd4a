"""What the figures of a meeting are made of, read from its rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from .dialect import seconds_of
from .engagement import Attendance, Happened, MeetingFigures, PersonFigures, figures_of
from .events import MeetingEnded
from .spans import grouped
from .tables import (
    CaptureRow,
    MeetingCounterRow,
    MeetingLifecycleRow,
    MeetingRow,
    ParticipantActRow,
    ParticipantSessionRow,
    ParticipantStateRow,
)


async def read_figures(
    connection: AsyncConnection, meeting_id: str, *, until: datetime
) -> tuple[MeetingFigures, list[PersonFigures]]:
    """Up to `until`, which ends what is still going on."""

    async def rows(question: Select[*tuple[Any, ...]] | CompoundSelect[Any]) -> list[Any]:
        return list(await connection.execute(question))

    happened = Happened(
        stays=[Attendance(*row) for row in await rows(stays_of(meeting_id))],
        on=grouped(await rows(spans_of(meeting_id))),
        counts={row.type: row.total for row in await rows(_counts(meeting_id))},
        acts={(row.participant_id, row.type): row.acts for row in await rows(_acts(meeting_id))},
        ends=[row.timestamp for row in await rows(ends_of(meeting_id))],
        until=until,
        recordings=[(row.started_at, row.stopped_at) for row in await rows(captures_of(meeting_id, "recording"))],
    )
    return figures_of(happened)


def stays_of(meeting_id: str) -> Select[*tuple[Any, ...]]:
    """Those whose beginning is known, in order of arrival."""
    stay = ParticipantSessionRow
    return (
        select(stay.participant_id, stay.user_id, stay.display_name, stay.joined_at, stay.left_at)
        .where(stay.meeting_id == meeting_id, stay.joined_at.is_not(None))
        .order_by(stay.joined_at, stay.participant_id)
    )


def spans_of(meeting_id: str) -> Select[*tuple[Any, ...]]:
    """From each switching on to the next switching of the same, in any order.

    As `spans.grouped` takes them. The database pairs them: of a long meeting there are tens of thousands.
    """
    change = ParticipantStateRow
    following = func.lead(change.at).over(
        partition_by=(change.state, change.participant_id), order_by=(change.at, change.event_id)
    )
    paired = (
        select(change.state, change.participant_id, change.at, following.label("ended_at"), change.is_on)
        .where(change.meeting_id == meeting_id)
        .subquery()
    )
    on, off = seconds_of(paired.c.at), seconds_of(paired.c.ended_at)
    return select(paired.c.state, paired.c.participant_id, on, off).where(paired.c.is_on)


def captures_of(meeting_id: str, kind: str) -> Select[*tuple[Any, ...]]:
    """Those whose beginning is known, in order of it."""
    one = CaptureRow
    return (
        select(one.started_at, one.stopped_at)
        .where(one.meeting_id == meeting_id, one.kind == kind, one.started_at.is_not(None))
        .order_by(one.started_at, one.capture_id)
    )


def ends_of(meeting_id: str) -> CompoundSelect[Any]:
    """Every end of the meeting, as it may be held again."""
    ends = select(MeetingLifecycleRow.at.label("timestamp")).where(
        MeetingLifecycleRow.meeting_id == meeting_id, MeetingLifecycleRow.type == MeetingEnded.type
    )
    held = MeetingRow.actual_end_time.label("timestamp")
    return ends.union_all(select(held).where(MeetingRow.id == meeting_id, MeetingRow.actual_end_time.is_not(None)))


def _counts(meeting_id: str) -> Select[*tuple[Any, ...]]:
    return select(MeetingCounterRow.type, MeetingCounterRow.total).where(MeetingCounterRow.meeting_id == meeting_id)


def _acts(meeting_id: str) -> Select[*tuple[Any, ...]]:
    act = ParticipantActRow
    return select(act.participant_id, act.type, act.total.label("acts")).where(act.meeting_id == meeting_id)

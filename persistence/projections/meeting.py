"""Events of a meeting as a whole, into `meetings`."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from persistence.events import Event, MeetingCreated, MeetingEnded, MeetingStarted
from persistence.tables import MeetingRow, MeetingStatus

from .registry import Projection
from .scope import Scope


async def _clear(connection: AsyncConnection, meeting_id: str) -> None:
    """What really happened is forgotten; what people made of the meeting, and that they cancelled it, stays."""
    held = MeetingRow.status.in_((MeetingStatus.IN_PROGRESS, MeetingStatus.COMPLETED))
    of_one = update(MeetingRow).where(MeetingRow.id == meeting_id)
    await connection.execute(of_one.where(held).values(status=MeetingStatus.SCHEDULED))
    await connection.execute(of_one.values(actual_start_time=None, actual_end_time=None, current_participants_count=0))


MEETINGS = Projection("meetings", _clear)


@MEETINGS.of(MeetingCreated)
async def meeting_created(scope: Scope, event: Event, _payload: MeetingCreated) -> None:
    scope.lifecycles.add(event.meeting_id)


@MEETINGS.of(MeetingStarted)
async def meeting_started(scope: Scope, event: Event, _payload: MeetingStarted) -> None:
    scope.lifecycles.add(event.meeting_id)


@MEETINGS.of(MeetingEnded)
async def meeting_ended(scope: Scope, event: Event, _payload: MeetingEnded) -> None:
    scope.lifecycles.add(event.meeting_id)

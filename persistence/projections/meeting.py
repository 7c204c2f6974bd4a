"""Events of a meeting as a whole, into `meeting_lifecycles`; what `meetings` says of it follows from there."""

from __future__ import annotations

from functools import cache

from persistence.dialect import Insert, insert_for
from persistence.events import Event, MeetingCreated, MeetingEnded, MeetingStarted, Payload
from persistence.tables import MeetingLifecycleRow

from .registry import Projection
from .scope import Scope

MEETINGS = Projection("meetings", MeetingLifecycleRow)


@MEETINGS.of(MeetingCreated)
async def meeting_created(scope: Scope, event: Event, payload: MeetingCreated) -> None:
    _note(scope, event, payload)


@MEETINGS.of(MeetingStarted)
async def meeting_started(scope: Scope, event: Event, payload: MeetingStarted) -> None:
    _note(scope, event, payload)


@MEETINGS.of(MeetingEnded)
async def meeting_ended(scope: Scope, event: Event, payload: MeetingEnded) -> None:
    _note(scope, event, payload)


def _note(scope: Scope, event: Event, payload: Payload) -> None:
    scope.write(
        _happened,
        meeting_id=event.meeting_id,
        at=event.timestamp,
        event_id=event.event_id,
        type=event.type,
        title=getattr(payload, "title", None),
        creator_id=getattr(payload, "creator_id", None),
    )
    scope.lifecycles.add(event.meeting_id)


@cache
def _happened(dialect: str) -> Insert:
    return insert_for(dialect, MeetingLifecycleRow).on_conflict_do_nothing()

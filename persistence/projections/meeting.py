"""Events of a meeting as a whole, into `meetings`."""

from __future__ import annotations

from persistence.events import Event, MeetingCreated, MeetingEnded, MeetingStarted

from .registry import projects
from .scope import Scope


@projects(MeetingCreated)
async def meeting_created(scope: Scope, event: Event, _payload: MeetingCreated) -> None:
    scope.lifecycles.add(event.meeting_id)


@projects(MeetingStarted)
async def meeting_started(scope: Scope, event: Event, _payload: MeetingStarted) -> None:
    scope.lifecycles.add(event.meeting_id)


@projects(MeetingEnded)
async def meeting_ended(scope: Scope, event: Event, _payload: MeetingEnded) -> None:
    scope.lifecycles.add(event.meeting_id)

"""Events of people coming and going, into `participant_sessions`; `participants` follows from there."""

from __future__ import annotations

from functools import cache

from sqlalchemy import case

from persistence.dialect import Insert, insert_for
from persistence.events import Event, ParticipantJoined, ParticipantLeft
from persistence.tables import ParticipantRow
from persistence.tables import ParticipantSessionRow as Stay

from .order import earlier, later
from .registry import Projection
from .scope import Scope

PEOPLE = Projection("people", Stay, ParticipantRow)


@PEOPLE.of(ParticipantJoined)
async def participant_joined(scope: Scope, event: Event, payload: ParticipantJoined) -> None:
    """Opens a stay. Should one be opened twice, its earliest arrival counts."""
    scope.write(
        _arrival,
        meeting_id=event.meeting_id,
        participant_id=event.participant_id,
        user_id=payload.user_id,
        display_name=payload.display_name,
        role=payload.role,
        joined_at=event.timestamp,
        joined_event_id=event.event_id,
    )
    _note(scope, event, payload.user_id)


@PEOPLE.of(ParticipantLeft)
async def participant_left(scope: Scope, event: Event, payload: ParticipantLeft) -> None:
    """Closes a stay, even one whose arrival is still to be delivered. Its latest departure counts."""
    scope.write(
        _departure,
        meeting_id=event.meeting_id,
        participant_id=event.participant_id,
        user_id=payload.user_id,
        left_at=event.timestamp,
        left_event_id=event.event_id,
        left_reason=payload.reason,
    )
    _note(scope, event, payload.user_id)


def _note(scope: Scope, event: Event, user_id: str) -> None:
    scope.crowds.add(event.meeting_id)
    scope.people.add((event.meeting_id, user_id))
    if event.participant_id is not None:
        scope.stays.add((event.meeting_id, event.participant_id))


@cache
def _arrival(dialect: str) -> Insert:
    arrival = insert_for(dialect, Stay)
    return arrival.on_conflict_do_update(
        index_elements=[Stay.meeting_id, Stay.participant_id],
        set_={
            **{name: arrival.excluded[name] for name in ("user_id", "joined_at", "joined_event_id")},
            "display_name": case(
                (Stay.display_name_changed_at.is_(None), arrival.excluded.display_name), else_=Stay.display_name
            ),
            "role": case((Stay.role_changed_at.is_(None), arrival.excluded.role), else_=Stay.role),
        },
        where=earlier(Stay.joined_at, Stay.joined_event_id, arrival),
    )


@cache
def _departure(dialect: str) -> Insert:
    departure = insert_for(dialect, Stay)
    return departure.on_conflict_do_update(
        index_elements=[Stay.meeting_id, Stay.participant_id],
        set_={
            **{name: departure.excluded[name] for name in ("left_at", "left_event_id", "left_reason")},
            "user_id": case((Stay.joined_at.is_(None), departure.excluded.user_id), else_=Stay.user_id),
        },
        where=later(Stay.left_at, Stay.left_event_id, departure),
    )

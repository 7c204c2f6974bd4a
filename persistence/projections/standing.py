"""What people were made after they came, and called, into their stays; `participants` follows from there."""

from __future__ import annotations

from typing import Any

from persistence.dialect import insert_into
from persistence.events import Event, ParticipantRenamed, PermissionsChanged, RoleChanged
from persistence.tables import ParticipantSessionRow as Stay

from .order import later
from .participant import PEOPLE
from .scope import Scope


@PEOPLE.of(RoleChanged)
async def role_changed(scope: Scope, event: Event, payload: RoleChanged) -> None:
    await _change(scope, event, payload, {"role": payload.to_role})


@PEOPLE.of(PermissionsChanged)
async def permissions_changed(scope: Scope, event: Event, payload: PermissionsChanged) -> None:
    permissions = payload.model_dump(exclude={"target", "user_id"})
    await _change(scope, event, payload, {"permissions": permissions})


@PEOPLE.of(ParticipantRenamed)
async def participant_renamed(scope: Scope, event: Event, payload: ParticipantRenamed) -> None:
    await _change(scope, event, payload, {"display_name": payload.display_name})


Change = RoleChanged | PermissionsChanged | ParticipantRenamed


async def _change(scope: Scope, event: Event, payload: Change, given: dict[str, Any]) -> None:
    """The latest change of the one column counts, also of a stay whose arrival is still to be delivered."""
    (column,) = given
    when, event_id = getattr(Stay, f"{column}_changed_at"), getattr(Stay, f"{column}_event_id")
    values = {**given, when.key: event.timestamp, event_id.key: event.event_id}
    change = insert_into(scope.connection, Stay).values(
        meeting_id=event.meeting_id, participant_id=payload.target, user_id=payload.user_id, **values
    )
    await scope.connection.execute(
        change.on_conflict_do_update(
            index_elements=[Stay.meeting_id, Stay.participant_id],
            set_={name: change.excluded[name] for name in values},
            where=later(when, event_id, change),
        )
    )
    scope.people.add((event.meeting_id, payload.user_id))

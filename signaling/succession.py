"""Who hosts a room once its last host has left."""

from __future__ import annotations

from persistence.events import RoleChanged
from signaling.participant import Participant
from signaling.roles import Role
from signaling.rooms import Room
from signaling.standings import Standing


def inherit(room: Room, leaver: Participant) -> Participant | None:
    """The co-host who has been in longest becomes host when the last host leaves; returns them, if it came to that.

    Without a co-host the meeting goes on without host: nobody runs it whom nobody named, and the host who comes back
    finds it as it was.
    """
    people = room.participants.values()
    if leaver.role is not Role.HOST or any(person.role is Role.HOST for person in people):
        return None
    heir = next((person for person in people if person.role is Role.CO_HOST), None)
    if heir is not None:
        heir.role = Role.HOST
        room.standings.keep(heir.user_id, Standing(heir.role, heir.permissions))
    return heir


def inherited(heir: Participant) -> tuple[RoleChanged, None]:
    fact = RoleChanged(target=heir.id, user_id=heir.user_id, from_role=Role.CO_HOST, to_role=Role.HOST)
    return fact, None

"""What hosts made of somebody, kept for when they come back to the same room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from signaling.permissions import Permissions, granted, withheld

if TYPE_CHECKING:
    from signaling.identity import Identity
    from signaling.participant import Participant
    from signaling.roles import Role

CAPACITY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Standing:
    role: Role
    permissions: Permissions


class Standings:
    """By user id. Leaving and coming back neither loses a role that was given nor regains what was taken away.

    At most `capacity` people; the one who was changed longest ago is forgotten first.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._by_user: dict[str, Standing] = {}

    def __len__(self) -> int:
        return len(self._by_user)

    def keep(self, user_id: str, standing: Standing) -> None:
        self._by_user.pop(user_id, None)
        self._by_user[user_id] = standing
        if len(self._by_user) > self._capacity:
            del self._by_user[next(iter(self._by_user))]

    def of(self, user_id: str) -> Standing | None:
        return self._by_user.get(user_id)


def stand(participant: Participant, identity: Identity) -> None:
    """Role and permissions of somebody who comes, or comes back, with this token: what hosts made of them holds."""
    standing = participant.room.standings.of(participant.user_id)
    participant.role = standing.role if standing else participant.own_role
    participant.permissions = granted(identity, standing.permissions if standing else None)
    participant.withheld = withheld(identity)

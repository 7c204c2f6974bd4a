"""Who may come through the door of a live room: the lock and the list of those who are blocked."""

from __future__ import annotations

from signaling.errors import ErrorCode, SignalingError
from signaling.identity import Identity
from signaling.roles import HOSTS, Role
from signaling.rooms import Room


def check_door(room: Room, identity: Identity, own_role: Role) -> None:
    """Raises ACCESS_DENIED. Hosts of their own right are never kept out, other hosts not by the lock."""
    standing = room.standings.of(identity.user_id)
    role = standing.role if standing else own_role
    if own_role is Role.HOST:
        return
    if identity.user_id in room.blocked:
        raise SignalingError(ErrorCode.ACCESS_DENIED, "A host has blocked you from this meeting.")
    if room.locked and role not in HOSTS:
        raise SignalingError(ErrorCode.ACCESS_DENIED, "The meeting is locked: nobody else can enter now.")

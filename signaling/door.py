"""Who may come through a room's door now: the list of those who are blocked, the lock, and the lobby."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.admission import role_of
from signaling.errors import ErrorCode, SignalingError
from signaling.roles import HOSTS, Role

if TYPE_CHECKING:
    from persistence.repositories.meetings import Meeting
    from signaling.identity import Identity
    from signaling.lobby import Lobbies
    from signaling.messages.lobby import LobbyWaiting
    from signaling.ports import Blocks
    from signaling.rooms import Registry, Room
    from signaling.session import Session


class Door:
    """Asked before a newcomer holds a place in the room, which may be live or not."""

    def __init__(self, registry: Registry, lobbies: Lobbies, blocks: Blocks) -> None:
        self._registry = registry
        self._lobbies = lobbies
        self._blocks = blocks

    def check(self, session: Session, meeting: Meeting) -> None:
        """What needs no waiting: who is known to stay outside. Raises ACCESS_DENIED, CAPACITY_EXCEEDED."""
        room = self._registry.get(meeting.id)
        if room is not None and room.started and not room.closed:
            check_door(room, session.identity)
            if not room.lobby or may_pass(room, session):
                room.check_space()

    async def hold(self, session: Session, meeting: Meeting, display_name: str) -> LobbyWaiting | None:
        """None: come in. Else how they wait in the lobby. Raises ACCESS_DENIED, CAPACITY_EXCEEDED, CONFLICT."""
        if session.waiting is not None and session.waiting.meeting_id != meeting.id:
            raise SignalingError(ErrorCode.CONFLICT, "You are waiting for another meeting.")
        room = await self._registry.settled(meeting.id)
        if room is None or not room.started:
            return await self._hold_early(session, meeting, display_name)
        check_door(room, session.identity)
        if not room.lobby or may_pass(room, session):
            return None
        return await self._lobbies.ask(session, meeting, display_name)

    async def _hold_early(self, session: Session, meeting: Meeting, display_name: str) -> LobbyWaiting | None:
        """Nobody is in yet: only the meeting's own settings count."""
        own_role = role_of(session.identity, meeting)
        if not meeting.lobby or own_role in HOSTS or let_in(session, meeting.id):
            return None
        if session.identity.user_id in await self._blocks.of(meeting.id):
            raise blocked()
        return await self._lobbies.ask(session, meeting, display_name)

    async def open(self, room: Room) -> None:
        """Before the first one is in: whom hosts have kept out since earlier times."""
        room.blocked.update(await self._blocks.of(room.id))


def check_door(room: Room, identity: Identity) -> None:
    """Raises ACCESS_DENIED. Hosts of their own right are never kept out, other hosts not by the lock."""
    if role_of(identity, room.meeting) is Role.HOST:
        return
    if identity.user_id in room.blocked:
        raise blocked()
    if room.locked and _role(room, identity) not in HOSTS:
        raise SignalingError(ErrorCode.ACCESS_DENIED, "The meeting is locked: nobody else can enter now.")


def may_pass(room: Room, session: Session) -> bool:
    """Whether the lobby is not for them: hosts, and whoever was let in before."""
    identity = session.identity
    return _role(room, identity) in HOSTS or identity.user_id in room.known or let_in(session, room.id)


def let_in(session: Session, meeting_id: str) -> bool:
    waiting = session.waiting
    return waiting is not None and waiting.admitted and waiting.meeting_id == meeting_id


def blocked() -> SignalingError:
    return SignalingError(ErrorCode.ACCESS_DENIED, "A host has blocked you from this meeting.")


def _role(room: Room, identity: Identity) -> Role:
    standing = room.standings.of(identity.user_id)
    return standing.role if standing is not None else role_of(identity, room.meeting)

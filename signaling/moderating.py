"""What requests of hosts have in common: whom they name, and that the right to ask holds while they are carried out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from signaling.errors import ErrorCode, SignalingError, not_found
from signaling.lookup import still_in
from signaling.messages.catalogue import REQUEST_OF
from signaling.messages.model import Request
from signaling.participant import Participant
from signaling.permissions import may_act_on
from signaling.roles import may_ask
from signaling.rooms import Room

MOST_BLOCKED: Final = 1000


def target_of(actor: Participant, participant_id: str) -> Participant:
    """Raises NOT_FOUND, and ACCESS_DENIED for a host whom the actor may not moderate."""
    target = actor.room.participants.get(participant_id)
    if target is None:
        raise not_found("participant")
    if not may_act_on(actor, target):
        raise SignalingError(ErrorCode.ACCESS_DENIED, "You may not do that to a host of this meeting.")
    return target


def other_than(actor: Participant, participant_id: str) -> Participant:
    """As `target_of`, and CONFLICT for oneself."""
    if participant_id == actor.id:
        raise SignalingError(ErrorCode.CONFLICT, "You cannot do that to yourself; leave instead.")
    return target_of(actor, participant_id)


def check_blockable(room: Room, user_id: str, *, by: Participant) -> None:
    """Raises CONFLICT for oneself, CAPACITY_EXCEEDED."""
    if user_id == by.user_id:
        raise SignalingError(ErrorCode.CONFLICT, "That is you, on another device.")
    if len(room.blocked) >= MOST_BLOCKED and user_id not in room.blocked:
        raise SignalingError(ErrorCode.CAPACITY_EXCEEDED, "As many people are blocked as can be.")


def still_may(actor: Participant, request: Request) -> None:
    """To be asked after each wait: a host may have been removed or demoted meanwhile. Raises ACCESS_DENIED."""
    still_in(actor)
    if not may_ask(actor.role, REQUEST_OF[type(request)].event):
        raise SignalingError(ErrorCode.ACCESS_DENIED, "Your role in this meeting does not allow that.")


@asynccontextmanager
async def turn(actor: Participant, request: Request) -> AsyncIterator[None]:
    """One change of a room's rules and standings at a time, by somebody who still may when their turn has come."""
    async with actor.room.moderating:
        still_may(actor, request)
        yield

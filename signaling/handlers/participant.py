"""What participants show of themselves without media."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from persistence.events import HandLowered, HandRaised, ReactionSent
from signaling.dispatch import handles
from signaling.errors import ErrorCode, SignalingError
from signaling.lookup import still_in
from signaling.messages import catalogue
from signaling.messages import participant as messages
from signaling.participant import Participant
from signaling.permissions import may_react
from signaling.ports import Record


class ParticipantHandlers:
    def __init__(self, record: Record, now: Callable[[], datetime]) -> None:
        self._record = record
        self._now = now

    @handles(messages.HandRaise)
    async def raise_hand(self, participant: Participant, request: messages.HandRaise) -> messages.HandRaised:
        """Raising a raised hand changes nothing, and keeps its place in the queue."""
        room = participant.room
        changed = participant.hand_raised is not request.raised
        if changed:
            fact = HandRaised() if request.raised else HandLowered()
            await self._record.emit(room.id, fact, participant_id=participant.id)
            still_in(participant)
            if request.raised:
                room.hands.raise_hand(participant.id, self._now())
            else:
                room.hands.lower(participant.id)
        position = room.hands.position(participant.id)
        told = messages.HandRaised(participant_id=participant.id, raised=request.raised, position=position)
        if changed:
            participant.session.after_reply(lambda: room.tell(catalogue.HAND_RAISED, told, but=participant))
        return told

    @handles(messages.ReactionSend)
    async def react(self, participant: Participant, request: messages.ReactionSend) -> messages.ReactionSent:
        if not may_react(participant):
            raise SignalingError(ErrorCode.ACCESS_DENIED, "Reactions are switched off in this meeting.")
        if not request.reaction.strip() or any(sign in request.reaction for sign in "\r\n\t\0"):
            raise SignalingError(ErrorCode.VALIDATION, "reaction: must be an emoji or a short word")
        told = messages.ReactionSent(participant_id=participant.id, reaction=request.reaction)
        room = participant.room
        await self._record.emit(room.id, ReactionSent(reaction=request.reaction), participant_id=participant.id)
        participant.session.after_reply(lambda: room.tell(catalogue.REACTION_SENT, told, but=participant))
        return told

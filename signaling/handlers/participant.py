"""What participants show of themselves without media: hands, reactions, their name, whether they are there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from persistence.events import HandLowered, HandRaised, ParticipantRenamed, PresenceChanged, ReactionSent
from signaling.chatting import Chatting
from signaling.dispatch import handles
from signaling.display_name import cleaned
from signaling.errors import ErrorCode, SignalingError
from signaling.lookup import still_in
from signaling.messages import catalogue
from signaling.messages import participant as messages
from signaling.moderating import target_of
from signaling.participant import Participant
from signaling.permissions import may_react
from signaling.ports import Record
from signaling.presence import Presences
from signaling.roles import HOSTS


class ParticipantHandlers:
    def __init__(self, record: Record, chatting: Chatting, presences: Presences, now: Callable[[], datetime]) -> None:
        self._record = record
        self._chatting = chatting
        self._presences = presences
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

    @handles(messages.PresenceSet)
    async def set_presence(self, participant: Participant, request: messages.PresenceSet) -> messages.PresenceUpdated:
        """Being there is said again and again, and recorded and told when it changes."""
        room, presence = participant.room, request.presence
        if participant.presence != presence:
            await self._record.emit(room.id, PresenceChanged(presence=presence), participant_id=participant.id)
            still_in(participant)
            participant.presence = presence
            view = participant.view()
            participant.session.after_reply(lambda: room.tell(catalogue.PARTICIPANT_UPDATED, view, but=participant))
        if presence == "active":
            self._presences.keep(participant)
        else:
            self._presences.forget(participant)
        return messages.PresenceUpdated(participant_id=participant.id, presence=presence)

    @handles(messages.ParticipantRename)
    async def rename(
        self, participant: Participant, request: messages.ParticipantRename
    ) -> messages.ParticipantRenamed:
        """The chat says who is called what now: nobody takes another's name unseen."""
        target = _renamed_by(participant, request.participant_id)
        name = cleaned(request.display_name)
        if not name:
            raise SignalingError(ErrorCode.VALIDATION, "display_name: nothing of it can be shown")
        before = target.display_name
        if name != before:
            fact = ParticipantRenamed(target=target.id, user_id=target.user_id, from_name=before, display_name=name)
            await self._record.emit(participant.room.id, fact, participant_id=participant.id)
            target.display_name = name
            if not target.gone:
                participant.room.tell(catalogue.PARTICIPANT_UPDATED, target.view(), but=participant)
                await self._chatting.note(target, f"{before} is now called {name}.")
        return messages.ParticipantRenamed(participant_id=target.id, display_name=name)


def _renamed_by(participant: Participant, participant_id: str | None) -> Participant:
    if participant_id is None or participant_id == participant.id:
        return participant
    if participant.role not in HOSTS:
        raise SignalingError(ErrorCode.ACCESS_DENIED, "Your role in this meeting does not allow that.")
    return target_of(participant, participant_id)

"""The rules of a room that hosts change for everybody: the lock, what is switched on, who is in the spotlight."""

from __future__ import annotations

from persistence.events import FeaturesChanged, RoomLocked, RoomUnlocked, SpotlightChanged
from signaling.chatting import Chatting
from signaling.closing import Closing
from signaling.dispatch import handles
from signaling.errors import not_found
from signaling.handlers.moderation import stop_share
from signaling.messages import catalogue, moderation
from signaling.moderating import turn
from signaling.participant import Participant
from signaling.permissions import may_share_screen
from signaling.ports import Record
from signaling.ranks import Ranks


class RuleHandlers:
    def __init__(self, record: Record, closing: Closing, ranks: Ranks, chatting: Chatting) -> None:
        self._record = record
        self._closing = closing
        self._ranks = ranks
        self._chatting = chatting

    @handles(moderation.RoomLock)
    async def lock(self, participant: Participant, request: moderation.RoomLock) -> moderation.RoomLocked:
        """Locking a locked room changes nothing."""
        room = participant.room
        told = moderation.RoomLocked(locked=request.locked, by=participant.id)
        async with turn(participant, request):
            if room.locked is not request.locked:
                fact = RoomLocked() if request.locked else RoomUnlocked()
                await self._record.emit(room.id, fact, participant_id=participant.id)
                room.locked = request.locked
                participant.session.after_reply(lambda: room.tell(catalogue.ROOM_LOCKED, told, but=participant))
        return told

    @handles(moderation.RoomFeatures)
    async def features(self, participant: Participant, request: moderation.RoomFeatures) -> moderation.RoomFeaturesSet:
        """Shares that are no longer allowed end. Who is heard or seen goes on until muted or muting themselves."""
        room = participant.room
        async with turn(participant, request):
            features = room.features.model_copy(update=request.model_dump(exclude_none=True))
            told = moderation.RoomFeaturesSet(features=features, by=participant.id)
            before = room.features
            if features != before:
                await self._record.emit(room.id, FeaturesChanged(features=features), participant_id=participant.id)
                room.features = features
                participant.session.after_reply(lambda: room.tell(catalogue.ROOM_FEATURES_SET, told, but=participant))
                for other in list(room.participants.values()):
                    if not other.gone and not may_share_screen(other):
                        await stop_share(self._closing, other, by=participant)
                if features.chat is not before.chat:
                    switched = "on" if features.chat else "off"
                    await self._chatting.note(participant, f"{participant.display_name} switched the chat {switched}.")
        return told

    @handles(moderation.RoomSpotlight)
    async def spotlight(self, participant: Participant, request: moderation.RoomSpotlight) -> moderation.RoomSpotlit:
        """Raises their cameras in everybody's bandwidth."""
        room = participant.room
        async with turn(participant, request):
            wanted = list(dict.fromkeys(request.participant_ids))
            if any(name not in room.participants for name in wanted):
                raise not_found("participant")
            if wanted != room.spotlight:
                await self._record.emit(room.id, SpotlightChanged(targets=wanted), participant_id=participant.id)
                concerned = {*room.spotlight, *wanted}
                room.spotlight = wanted = [name for name in wanted if name in room.participants]
                for name in concerned & room.participants.keys():
                    self._ranks.refresh(room.participants[name])
                told = moderation.RoomSpotlit(participant_ids=wanted, by=participant.id)
                participant.session.after_reply(lambda: room.tell(catalogue.ROOM_SPOTLIT, told, but=participant))
        return moderation.RoomSpotlit(participant_ids=wanted, by=participant.id)

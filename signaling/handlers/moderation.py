"""What hosts do to what others send and show: mute, ask to unmute, stop shares, lower hands."""

from __future__ import annotations

from persistence.events import HandLowered, ScreenShareStoppedBy, UnmuteRequested
from signaling.closing import Closing
from signaling.dispatch import handles
from signaling.errors import SignalingError, not_found
from signaling.lookup import still_in
from signaling.messages import catalogue, moderation
from signaling.messages.model import Kind
from signaling.messages.participant import HandRaised
from signaling.moderating import still_may, target_of
from signaling.participant import Participant
from signaling.permissions import may_act_on
from signaling.ports import Record
from signaling.switches import Switches


class ModerationHandlers:
    def __init__(self, record: Record, switches: Switches, closing: Closing) -> None:
        self._record = record
        self._switches = switches
        self._closing = closing

    @handles(moderation.ParticipantMute)
    async def mute(self, participant: Participant, request: moderation.ParticipantMute) -> moderation.ParticipantMuted:
        """Effective in the SFU, whatever their client does. Muting who is muted changes nothing."""
        target = target_of(participant, request.participant_id)
        await self._mute(target, request.kind, by=participant)
        return moderation.ParticipantMuted(participant_id=target.id, kind=request.kind, by=participant.id)

    async def _mute(self, target: Participant, kind: Kind, *, by: Participant) -> bool:
        try:
            muted = await self._switches.mute(target, kind, by=by)
        except SignalingError:
            if target.gone:
                raise not_found("participant") from None
            raise
        if muted and target is not by:
            notice = moderation.ParticipantMuted(participant_id=target.id, kind=kind, by=by.id)
            target.tell(catalogue.PARTICIPANT_MUTED, notice)
        return muted

    @handles(moderation.RoomMuteAll)
    async def mute_all(self, participant: Participant, request: moderation.RoomMuteAll) -> moderation.RoomMutedAll:
        muted = []
        for target in list(participant.room.participants.values()):
            still_may(participant, request)
            if target.gone or target is participant or not may_act_on(participant, target):
                continue
            try:
                if await self._mute(target, request.kind, by=participant):
                    muted.append(target.id)
            except SignalingError:
                if not target.gone:
                    raise
        return moderation.RoomMutedAll(kind=request.kind, participant_ids=muted)

    @handles(moderation.ParticipantAskUnmute)
    async def ask_unmute(
        self, participant: Participant, request: moderation.ParticipantAskUnmute
    ) -> moderation.ParticipantUnmuteAsked:
        """Asking who is on already changes nothing."""
        target = target_of(participant, request.participant_id)
        room, kind = participant.room, request.kind
        if not target.enabled.get(kind):
            fact = UnmuteRequested(target=target.id, kind=kind)
            await self._record.emit(room.id, fact, participant_id=participant.id)
            target.asked_to_unmute.add(kind)
            if not target.gone:
                target.tell(catalogue.UNMUTE_REQUESTED, moderation.UnmuteRequested(kind=kind, by=participant.id))
        return moderation.ParticipantUnmuteAsked(participant_id=target.id, kind=kind)

    @handles(moderation.ParticipantStopShare)
    async def stop_share(
        self, participant: Participant, request: moderation.ParticipantStopShare
    ) -> moderation.ParticipantShareStopped:
        """Stopping a share that is not changes nothing."""
        target = target_of(participant, request.participant_id)
        await stop_share(self._closing, target, by=participant)
        return moderation.ParticipantShareStopped(participant_id=target.id, by=participant.id)

    @handles(moderation.HandLower)
    async def lower_hand(self, participant: Participant, request: moderation.HandLower) -> moderation.HandsLowered:
        """Of anybody: no host keeps a place in the queue against another."""
        target = participant.room.participants.get(request.participant_id)
        if target is None:
            raise not_found("participant")
        return await self._lower(participant, [target])

    @handles(moderation.HandLowerAll)
    async def lower_hands(self, participant: Participant, _request: moderation.HandLowerAll) -> moderation.HandsLowered:
        return await self._lower(participant, list(participant.room.participants.values()))

    async def _lower(self, by: Participant, people: list[Participant]) -> moderation.HandsLowered:
        room = by.room
        raised = [person for person in people if person.hand_raised]
        if raised:
            await self._record.emit(room.id, *((HandLowered(by=by.id), person.id) for person in raised))
            still_in(by)
        for person in raised:
            room.hands.lower(person.id)
            told = HandRaised(participant_id=person.id, raised=False, by=by.id)
            room.tell(catalogue.HAND_RAISED, told, but=by)
        return moderation.HandsLowered(participant_ids=[person.id for person in raised])


async def stop_share(closing: Closing, target: Participant, *, by: Participant) -> None:
    """Their screen and its sound go; does nothing to who shares nothing."""
    screens = [producer for producer in target.producers() if producer.source in {"screen", "screen_audio"}]
    if not screens and not target.screen:
        return
    fact = (ScreenShareStoppedBy(target=target.id), by.id)
    await closing.close_producers(target, screens, reason="stopped_by_host", by=by, ends_share=True, facts=(fact,))
    if not target.gone and target is not by:
        notice = moderation.ParticipantShareStopped(participant_id=target.id, by=by.id)
        target.tell(catalogue.PARTICIPANT_SHARE_STOPPED, notice)

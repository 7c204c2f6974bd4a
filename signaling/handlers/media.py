"""What is switched on: microphone, camera, screen share."""

from __future__ import annotations

from persistence.errors import PersistenceError
from persistence.events import ScreenShareStarted, ScreenShareStopped
from signaling.dispatch import handles
from signaling.errors import ErrorCode, SignalingError
from signaling.lookup import still_in
from signaling.messages import catalogue
from signaling.messages.media import MediaToggle, MediaUpdated, ScreenShare, ScreenStart, ScreenStop
from signaling.participant import Participant
from signaling.permissions import may_share_screen
from signaling.ports import Record
from signaling.switches import Switches


class MediaHandlers:
    def __init__(self, record: Record, switches: Switches) -> None:
        self._record = record
        self._switches = switches

    @handles(MediaToggle)
    async def toggle(self, participant: Participant, request: MediaToggle) -> MediaUpdated:
        await self._switches.toggle(participant, request.kind, enabled=request.enabled)
        return MediaUpdated(participant_id=participant.id, kind=request.kind, enabled=request.enabled)

    @handles(ScreenStart)
    async def start_screen(self, participant: Participant, _request: ScreenStart) -> ScreenShare:
        """Says that a share begins; its tracks come by `produce`, before or after."""
        if not may_share_screen(participant):
            raise SignalingError(ErrorCode.ACCESS_DENIED, "You are not allowed to share your screen here.")
        return await self._share(participant, sharing=True)

    @handles(ScreenStop)
    async def stop_screen(self, participant: Participant, _request: ScreenStop) -> ScreenShare:
        """Says that the share is over. Its tracks are closed by `producer:close`, the last of which says the same."""
        return await self._share(participant, sharing=False)

    async def _share(self, participant: Participant, *, sharing: bool) -> ScreenShare:
        share = ScreenShare(participant_id=participant.id)
        if participant.screen is not sharing:
            room = participant.room
            fact = ScreenShareStarted() if sharing else ScreenShareStopped()
            # Before the wait, so that a room that closes meanwhile records the end of a share once.
            participant.screen = sharing
            try:
                await self._record.emit(room.id, fact, participant_id=participant.id)
            except PersistenceError:
                participant.screen = not sharing
                raise
            still_in(participant)
            event = catalogue.SCREEN_STARTED if sharing else catalogue.SCREEN_STOPPED
            participant.session.after_reply(lambda: room.tell(event, share, but=participant))
        return share

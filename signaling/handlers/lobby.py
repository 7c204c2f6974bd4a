"""Who is let in: what hosts decide about those who wait."""

from __future__ import annotations

from persistence.events import LobbyDisabled, LobbyEnabled, LobbyMessaged, ParticipantBlocked
from signaling.dispatch import handles
from signaling.errors import ErrorCode, SignalingError
from signaling.lobby import Lobbies
from signaling.messages import catalogue, lobby
from signaling.moderating import check_blockable, still_may, turn
from signaling.participant import Participant
from signaling.ports import Record
from signaling.session import Session


class LobbyHandlers:
    def __init__(self, record: Record, lobbies: Lobbies) -> None:
        self._record = record
        self._lobbies = lobbies

    @handles(lobby.LobbyLeave, joined=False)
    async def leave(self, session: Session, _request: lobby.LobbyLeave) -> lobby.LobbyLeft:
        """Raises CONFLICT for who does not wait."""
        if session.waiting is None:
            raise SignalingError(ErrorCode.CONFLICT, "You are not waiting for a meeting.")
        meeting_id = session.waiting.meeting_id
        await self._lobbies.leave(session)
        return lobby.LobbyLeft(meeting_id=meeting_id)

    @handles(lobby.LobbyList)
    async def list(self, participant: Participant, _request: lobby.LobbyList) -> lobby.LobbyListed:
        waiting = self._lobbies.waiting(participant.room.id)
        return lobby.LobbyListed(waiting=[each.view() for each in waiting])

    @handles(lobby.LobbyAdmit)
    async def admit(self, participant: Participant, request: lobby.LobbyAdmit) -> lobby.LobbyAdmitted:
        waiting = self._lobbies.find(participant.room.id, request.waiting_id)
        await self._lobbies.admit(waiting, by=participant)
        return lobby.LobbyAdmitted(waiting_id=waiting.id)

    @handles(lobby.LobbyAdmitAll)
    async def admit_all(self, participant: Participant, request: lobby.LobbyAdmitAll) -> lobby.LobbyAdmittedAll:
        admitted = []
        for waiting in self._lobbies.waiting(participant.room.id):
            still_may(participant, request)
            if self._lobbies.waits(waiting):
                await self._lobbies.admit(waiting, by=participant)
                admitted.append(waiting.id)
        return lobby.LobbyAdmittedAll(waiting_ids=admitted)

    @handles(lobby.LobbyDeny)
    async def deny(self, participant: Participant, request: lobby.LobbyDeny) -> lobby.LobbyDenied:
        room = participant.room
        async with turn(participant, request):
            waiting = self._lobbies.find(room.id, request.waiting_id)
            if request.block:
                check_blockable(room, waiting.user_id, by=participant)
                fact = ParticipantBlocked(user_id=waiting.user_id, display_name=waiting.display_name)
                await self._record.emit(room.id, fact, participant_id=participant.id)
                room.blocked[waiting.user_id] = waiting.display_name
            if self._lobbies.waits(waiting):
                await self._lobbies.deny(waiting, by=participant)
        return lobby.LobbyDenied(waiting_id=waiting.id)

    @handles(lobby.LobbyMessage)
    async def message(self, participant: Participant, request: lobby.LobbyMessage) -> lobby.LobbyMessaged:
        """Without the name of the host: who waits learns nothing of who is in."""
        meeting_id, text = participant.room.id, request.text.strip()
        if not text:
            raise SignalingError(ErrorCode.VALIDATION, "text: must say something")
        if request.waiting_id is None:
            waiting = self._lobbies.waiting(meeting_id)
        else:
            waiting = [self._lobbies.find(meeting_id, request.waiting_id)]
        fact = LobbyMessaged(text=text, waiting=len(waiting))
        await self._record.emit(meeting_id, fact, participant_id=participant.id)
        for each in waiting:
            each.session.tell(catalogue.LOBBY_MESSAGE, lobby.LobbyMessageNotice(meeting_id=meeting_id, text=fact.text))
        return lobby.LobbyMessaged(waiting_ids=[each.id for each in waiting])

    @handles(lobby.RoomLobby)
    async def switch(self, participant: Participant, request: lobby.RoomLobby) -> lobby.RoomLobbySet:
        """For as long as the room lasts; the meeting's own setting is where the next one begins."""
        room = participant.room
        told = lobby.RoomLobbySet(enabled=request.enabled, by=participant.id)
        async with turn(participant, request):
            if room.lobby is not request.enabled:
                fact = LobbyEnabled() if request.enabled else LobbyDisabled()
                await self._record.emit(room.id, fact, participant_id=participant.id)
                room.lobby = request.enabled
                participant.session.after_reply(lambda: room.tell(catalogue.ROOM_LOBBY_SET, told, but=participant))
                if not room.lobby:
                    for waiting in self._lobbies.waiting(room.id):
                        if self._lobbies.waits(waiting):
                            await self._lobbies.admit(waiting, by=participant)
        return told

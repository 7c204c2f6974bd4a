"""Making, entering, leaving and closing a room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from config.settings import LimitSettings
from persistence.events import ConferenceJoined, MeetingStarted, ParticipantJoined, ParticipantLeft
from persistence.features import Features
from persistence.repositories.meetings import Meeting, NewMeeting
from persistence.tables import MeetingStatus
from sfu.ports import Rooms
from signaling.absence import Absences
from signaling.admission import DEFAULT_TITLE, Admission, role_of
from signaling.chatting import Chatting, newest
from signaling.closing import Closing
from signaling.dispatch import handles
from signaling.display_name import clean_display_name
from signaling.door import Door, check_door
from signaling.errors import ErrorCode, SignalingError
from signaling.ice_servers import IceServers
from signaling.identity import ROOM_CREATE
from signaling.lobby import Lobbies
from signaling.messages import catalogue
from signaling.messages.lobby import LobbyWaiting
from signaling.messages.room import (
    MeetingView,
    Resumed,
    RoomClose,
    RoomClosed,
    RoomCreate,
    RoomCreated,
    RoomJoin,
    RoomJoined,
    RoomLeave,
    RoomLeft,
)
from signaling.participant import Participant
from signaling.passwords import Passwords
from signaling.polling import Polling
from signaling.ports import Record
from signaling.rates.arrivals import Arrivals
from signaling.revival import Revival
from signaling.rooms import Registry, Room
from signaling.session import Session
from signaling.standings import stand

log = structlog.get_logger(__name__)


class RoomHandlers:
    def __init__(
        self,
        *,
        registry: Registry,
        media: Rooms,
        record: Record,
        admission: Admission,
        passwords: Passwords,
        closing: Closing,
        absences: Absences,
        revival: Revival,
        arrivals: Arrivals,
        door: Door,
        lobbies: Lobbies,
        chatting: Chatting,
        polling: Polling,
        ice_servers: IceServers,
        limits: LimitSettings,
        new_id: Callable[[], str],
    ) -> None:
        self._registry = registry
        self._media = media
        self._record = record
        self._admission = admission
        self._passwords = passwords
        self._closing = closing
        self._absences = absences
        self._revival = revival
        self._arrivals = arrivals
        self._door = door
        self._lobbies = lobbies
        self._chatting = chatting
        self._polling = polling
        self._ice_servers = ice_servers
        self._limits = limits
        self._new_id = new_id

    @handles(RoomCreate, joined=False)
    async def create(self, session: Session, request: RoomCreate) -> RoomCreated:
        """Make a meeting; the one who asks hosts it, and does not join it by that."""
        if not session.identity.may(ROOM_CREATE):
            raise SignalingError(ErrorCode.ACCESS_DENIED, "Your token does not let you create meetings.")
        title = self._title(request)
        await self._admission.count_creation(session.identity.user_id)
        meeting = await self._admission.create(
            NewMeeting(
                title=title,
                description=request.description,
                creator_id=session.identity.user_id,
                max_participants=request.max_participants,
                guests_allowed=request.guests_allowed,
                lobby=request.lobby,
                features=Features().model_copy(update=_wanted(request)),
                scheduled_start_time=request.scheduled_start_time,
                scheduled_end_time=request.scheduled_end_time,
                password_hash=await self._passwords.hash(request.password) if request.password else None,
            )
        )
        return RoomCreated(meeting=_view(meeting))

    def _title(self, request: RoomCreate) -> str:
        title = " ".join((request.title or DEFAULT_TITLE).split())
        if not title or not title.isprintable() or len(title) > self._limits.title_length:
            most = self._limits.title_length
            raise SignalingError(ErrorCode.VALIDATION, f"title: 1 to {most} printable characters")
        if len(request.description) > self._limits.description_length:
            most = self._limits.description_length
            raise SignalingError(ErrorCode.VALIDATION, f"description: at most {most} characters")
        return title

    @handles(RoomJoin, joined=False)
    async def join(self, session: Session, request: RoomJoin) -> RoomJoined | LobbyWaiting:
        """SIG-8: input and token are checked; access, join, participants; then the reply, the others, the log."""
        if session.participant is not None:
            raise SignalingError(ErrorCode.CONFLICT, "You are in a meeting already.")
        self._admission.check_token(session.identity, request.meeting_id)
        self._arrivals.knock(session.identity.user_id)
        if (back := await self._absences.claim(session, request.meeting_id, request.resume_token)) is not None:
            return await self._come_back(session, back, request)
        meeting = await self._admit(session, request)
        name = clean_display_name(request.display_name, fallback=session.identity.name)
        if (waiting := await self._door.hold(session, meeting, name)) is not None:
            return waiting
        room = await self._registry.arrive(meeting)
        try:
            await self._open(room)
            participant = self._make(room, session, name)
            await self._record_joined(participant)
            room.participants[participant.id] = participant
            session.participant = participant
            session.waiting = None
            room.known.add(participant.user_id)
        finally:
            room.arriving -= 1
            await self._closing.close_if_deserted(room)
        session.after_reply(lambda: _announce(participant))
        return self._joined(participant, request)

    async def _admit(self, session: Session, request: RoomJoin) -> Meeting:
        """A newcomer may enter this meeting. Of all who arrive only those are counted who would get in.

        Only who knows the password learns how things stand inside.
        """
        meeting = await self._admission.find(session.identity, request.meeting_id)
        if makes := meeting is None:
            self._arrivals.admit()
            meeting = await self._admission.make(session.identity, request.meeting_id)
        self._admission.check(session.identity, meeting)
        await self._admission.check_password(session, meeting, request.password)
        self._door.check(session, meeting)
        if not makes:
            self._arrivals.admit()
        return meeting

    async def _come_back(self, session: Session, participant: Participant, request: RoomJoin) -> RoomJoined:
        """Into the room they never left, past its door. If it cannot be recorded they are out: no ghost stays."""
        try:
            await self._absences.end(participant, session)
        except BaseException:
            await self._closing.leave(participant, reason="connection_lost")
            raise
        room, view = participant.room, participant.view()
        session.after_reply(lambda: room.tell(catalogue.PARTICIPANT_UPDATED, view, but=participant))
        return self._joined(participant, request, resumed=_living(participant))

    async def _open(self, room: Room) -> None:
        """The first to come opens the room's media and starts the meeting; the others wait for that."""
        if room.started:
            return
        async with room.opening:
            if room.started or room.closed:
                return
            await self._door.open(room)
            await self._chatting.open(room)
            await self._polling.open(room)
            await self._revival.recall(room)
            await self._media.open_room(room.id)
            await self._record.emit(room.id, MeetingStarted(title=room.meeting.title, node=self._revival.node))
            room.open()

    def _make(self, room: Room, session: Session, display_name: str) -> Participant:
        own_role = role_of(session.identity, room.meeting)
        participant = Participant(
            id=self._new_id(),
            room=room,
            session=session,
            display_name=display_name,
            role=own_role,
            own_role=own_role,
        )
        participant.give_token(self._new_id())
        stand(participant, session.identity)
        return participant

    async def _record_joined(self, participant: Participant) -> None:
        """Raises what keeps them out by now: the room may have closed, or a host locked it, while they came."""
        room, session = participant.room, participant.session
        if room.closed:
            raise _closed()
        check_door(room, session.identity)
        user_id, name = participant.user_id, participant.display_name
        await self._record.emit(
            room.id,
            ConferenceJoined(
                user_id=user_id,
                display_name=name,
                resumed=False,
                client=session.client,
                resume_key=participant.resume_key,
            ),
            ParticipantJoined(user_id=user_id, display_name=name, role=participant.role),
            participant_id=participant.id,
        )
        try:
            if room.closed:
                raise _closed()
            check_door(room, session.identity)
        except SignalingError:
            left = ParticipantLeft(user_id=user_id, reason="room_closed" if room.closed else "refused")
            await self._record.emit(room.id, left, participant_id=participant.id)
            raise
        stand(participant, session.identity)

    def _joined(self, participant: Participant, request: RoomJoin, *, resumed: Resumed | None = None) -> RoomJoined:
        room = participant.room
        return RoomJoined(
            meeting=_view(room.meeting, live=True),
            participant_id=participant.id,
            your_role=participant.role,
            participants=[other.view() for other in room.participants.values()],
            producers=[producer.view() for producer in room.producers.values()],
            data_producers=[producer.view() for producer in room.data.producers.values()],
            speaker=room.speaker.id if room.speaker is not None else None,
            features=room.features,
            locked=room.locked,
            lobby=room.lobby,
            spotlight=room.spotlight,
            chat=newest(room.chat, participant.user_id, seen=request.chat_seen),
            polls=self._polling.views(room, participant),
            router_rtp_capabilities=self._media.router_rtp_capabilities,
            ice_servers=self._ice_servers.of(participant.id),
            resume_token=participant.resume_token,
            resumed=resumed,
        )

    @handles(RoomLeave)
    async def leave(self, participant: Participant, _request: RoomLeave) -> RoomLeft:
        await self._closing.leave(participant, reason="left")
        return RoomLeft(meeting_id=participant.room.id)

    @handles(RoomClose)
    async def close(self, participant: Participant, _request: RoomClose) -> RoomClosed:
        await self._closing.close_room(participant.room, reason="closed_by_host", by=participant)
        await self._lobbies.close(participant.room.id, by=participant)
        return RoomClosed(meeting_id=participant.room.id)


def _living(participant: Participant) -> Resumed:
    return Resumed(
        transports=list(participant.transports),
        consumers=[consumer.id for consumer in participant.consumers()],
        data_consumers=[consumer.id for consumer in participant.room.data.consumers_of(participant)],
    )


def _wanted(request: RoomCreate) -> dict[str, bool]:
    return request.features.model_dump(exclude_none=True) if request.features is not None else {}


def _closed() -> SignalingError:
    return SignalingError(ErrorCode.UNAVAILABLE, "The meeting was closed while you joined.")


def _announce(participant: Participant) -> None:
    room = participant.room
    room.tell(catalogue.PARTICIPANT_JOINED, participant.view(), but=participant)
    log.info(
        "participant_joined",
        meeting_id=room.id,
        participant_id=participant.id,
        user_id=participant.user_id,
        socket_id=participant.session.id,
        role=participant.role,
    )


def _view(meeting: Meeting, *, live: bool = False) -> MeetingView:
    return MeetingView(
        id=meeting.id,
        title=meeting.title,
        status=MeetingStatus.IN_PROGRESS if live else meeting.status,
        creator_id=meeting.creator_id,
        max_participants=meeting.max_participants,
        has_password=meeting.password_hash is not None,
        lobby=meeting.lobby,
        scheduled_start_time=_told(meeting.scheduled_start_time),
        scheduled_end_time=_told(meeting.scheduled_end_time),
    )


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None

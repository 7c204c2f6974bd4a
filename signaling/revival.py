"""Rooms after the server's end: what goes on where it stopped, and what is closed in the record.

A server that ends without a word (a crash, a power cut) leaves meetings in progress and people in them. The next one on
the same data directory reads each of its unfinished meetings from the record, ends what cannot have lived (every track,
share and channel), and brings the room back with everybody in it as lost: they are waited for as after any lost
connection, and come back by their resume tokens. Who does not come leaves; an empty room ends.

A server that was stopped has said goodbye for everybody. There nobody is waited for, but when the meeting begins again
soon, what hosts had made of it and of people still holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from persistence.errors import PersistenceError
from persistence.events import (
    DataChannelClosed,
    DataChannelOpened,
    MeetingEnded,
    MeetingRevived,
    MeetingStarted,
    ParticipantLeft,
    Payload,
    ScreenShareStopped,
    TrackAdded,
    TrackRemoved,
)
from persistence.events import LobbyLeft as LeftLobby
from sfu.commands import MediaError
from signaling.closing import SERVER_STOPPING
from signaling.errors import SignalingError
from signaling.identity import Identity
from signaling.participant import Participant
from signaling.retelling import TOLD, Retelling
from signaling.roles import Role

if TYPE_CHECKING:
    from persistence.repositories.meetings import Meeting
    from sfu.ports import Rooms
    from signaling.chatting import Chatting
    from signaling.polling import Polling
    from signaling.ports import Store
    from signaling.retelling import Stay
    from signaling.rooms import Registry, Room
    from signaling.session import Session

RESTARTED: Final = "server_restarted"
REMEMBERED: Final = timedelta(minutes=5)
"""How long after a stop a meeting that begins anew is still the same one."""
RETRY_S: Final = 1.0
log = structlog.get_logger(__name__)

MOST_FACTS: Final = 256
"""In one go into the record: a large room has more to end than one entry may hold."""
Fact = tuple[Payload, str | None]
StandIn = Callable[[Identity], "Session"]
"""A session without a connection, for somebody who is waited for."""


class Revival:
    def __init__(
        self,
        *,
        registry: Registry,
        media: Rooms,
        store: Store,
        chatting: Chatting,
        polling: Polling,
        stand_in: StandIn,
        now: Callable[[], datetime],
    ) -> None:
        self._registry = registry
        self._media = media
        self._store = store
        self._chatting = chatting
        self._polling = polling
        self._stand_in = stand_in
        self._now = now

    @property
    def node(self) -> str:
        """Which node's meetings these are: `meeting.started` says it."""
        return self._store.node

    async def run(self) -> None:
        """Every meeting that this node left unfinished, before anybody can come in. Waits until the record answers."""
        while True:
            try:
                for meeting_id in await self._store.runs.unfinished():
                    await self._revive(meeting_id)
            except PersistenceError as error:
                log.warning("revival_waits", code=error.code)
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def recall(self, room: Room) -> None:
        """The first to come is about to open the room: if it was only stopped a moment ago, its rules still hold."""
        meeting = await self._store.meetings.get(room.id)
        ended_at = meeting.actual_end_time if meeting is not None else None
        if meeting is None or ended_at is None or self._now() - ended_at > REMEMBERED:
            return
        told = await self._retell(meeting)
        if told is not None and told.ended is not None and _reason(told.ended.payload) == SERVER_STOPPING:
            _rule(room, told)

    async def _revive(self, meeting_id: str) -> None:
        if self._registry.get(meeting_id) is not None:
            return
        meeting = await self._store.meetings.get(meeting_id)
        told = await self._retell(meeting) if meeting is not None else None
        if meeting is None or told is None:
            return
        if not told.stays or not await self._reopen(meeting, told):
            await self._end(meeting_id, told)

    async def _retell(self, meeting: Meeting) -> Retelling | None:
        """None where the meeting's last run is another node's."""
        told = Retelling(meeting.features, lobby=meeting.lobby)
        async for event in self._store.runs.last(meeting.id, TOLD):
            if isinstance(event.payload, MeetingStarted):
                if event.payload.node != self._store.node:
                    return None
            else:
                told.tell(event)
        return told

    async def _reopen(self, meeting: Meeting, told: Retelling) -> bool:
        try:
            room = await self._registry.arrive(meeting)
        except SignalingError as error:
            log.error("room_not_revived", meeting_id=meeting.id, code=error.code)  # noqa: TRY400 - nothing of ours failed
            return False
        try:
            room.blocked.update(await self._store.blocks.of(meeting.id))
            await self._chatting.open(room)
            await self._polling.open(room)
            await self._media.open_room(meeting.id)
            await self._record(meeting.id, [(MeetingRevived(participants=len(told.stays)), None), *_ends(told)])
        except (MediaError, PersistenceError) as error:
            self._registry.forget(room)
            if isinstance(error, PersistenceError):
                raise
            log.error("room_not_revived", meeting_id=meeting.id, code=error.code)  # noqa: TRY400 - nothing of ours failed
            return False
        finally:
            room.arriving -= 1
        room.open()
        _rule(room, told)
        self._seat(room, told)
        log.info("room_revived", meeting_id=room.id, participants=len(told.stays))
        return True

    def _seat(self, room: Room, told: Retelling) -> None:
        """Everybody in their place, with a session that has lost its connection."""
        for stay in told.stays.values():
            session = self._stand_in(Identity(user_id=stay.user_id, name=stay.display_name))
            session.participant = room.participants[stay.id] = _participant(room, session, stay)
        room.spotlight = [other for other in told.spotlight if other in room.participants]
        for participant_id, moment in told.hands.items():
            if participant_id in room.participants:
                room.hands.raise_hand(participant_id, moment)
        for participant in room.participants.values():
            participant.session.lose()

    async def _end(self, meeting_id: str, told: Retelling) -> None:
        left: list[Fact] = [
            (ParticipantLeft(user_id=stay.user_id, reason=RESTARTED), stay.id) for stay in told.stays.values()
        ]
        ended: Fact = (MeetingEnded(reason=RESTARTED), None)
        await self._record(meeting_id, [*_ends(told), *left, ended])
        log.info("meeting_ended", meeting_id=meeting_id, reason=RESTARTED)

    async def _record(self, meeting_id: str, facts: list[Fact]) -> None:
        for start in range(0, len(facts), MOST_FACTS):
            await self._store.emitter.emit(meeting_id, *facts[start : start + MOST_FACTS])


def _rule(room: Room, told: Retelling) -> None:
    room.features, room.lobby, room.locked = told.features, told.lobby, told.locked
    for user_id, standing in told.standings.items():
        room.standings.keep(user_id, standing)
    for user_id in told.known:
        room.known.add(user_id)


def _participant(room: Room, session: Session, stay: Stay) -> Participant:
    host = stay.user_id == room.meeting.creator_id
    return Participant(
        id=stay.id,
        room=room,
        session=session,
        display_name=stay.display_name,
        role=stay.role,
        own_role=Role.HOST if host else Role.PARTICIPANT,
        permissions=stay.permissions,
        enabled=dict(stay.enabled),
        presence=stay.presence,
        used_key=stay.keys[0] if len(stay.keys) > 1 else None,
        resume_key=stay.keys[-1] if stay.keys else None,
    )


def _ends(told: Retelling) -> list[Fact]:
    """Of all that cannot have outlived the server."""
    facts: list[Fact] = []
    for event in told.tracks.values():
        if isinstance(track := event.payload, TrackAdded):
            ended = TrackRemoved(producer_id=track.producer_id, kind=track.kind, source=track.source, reason=RESTARTED)
            facts.append((ended, event.participant_id))
    for event in told.channels.values():
        if isinstance(channel := event.payload, DataChannelOpened):
            closed = DataChannelClosed(data_producer_id=channel.data_producer_id, label=channel.label, reason=RESTARTED)
            facts.append((closed, event.participant_id))
    facts += [(ScreenShareStopped(), stay.id) for stay in told.stays.values() if stay.screen]
    facts += [(LeftLobby(waiting_id=waiting, user_id=user), None) for waiting, user in told.waiting.items()]
    return facts


def _reason(payload: Payload) -> str | None:
    return payload.reason if isinstance(payload, MeetingEnded) else None

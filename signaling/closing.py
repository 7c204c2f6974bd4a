"""The ends of things: consumers, producers, transports, stays and rooms.

One order for all of them: **out of the tables** (nobody finds it any more, without a wait between), **recorded**,
**told** to those concerned, **closed in the SFU**. So nothing is used while it ends, and who hears of an end can read
it in the record. From the first step on an end cannot fail: what the record or the SFU refuses is logged and, where a
client asked for the end, answered as an error; the thing is closed all the same.
"""

from __future__ import annotations

from typing import Final

import structlog

from persistence.errors import PersistenceError
from persistence.events import MeetingEnded, ParticipantLeft, Payload, ScreenShareStopped, TrackRemoved
from sfu import commands
from sfu.ports import Rooms
from signaling.media import Consumer, Producer, Transport
from signaling.messages import catalogue
from signaling.messages.media import ConsumerNamed, ProducerNamed, ScreenShare
from signaling.messages.model import Told
from signaling.messages.participant import ParticipantLeft as ParticipantLeftNotice
from signaling.messages.room import RoomClosedNotice
from signaling.messages.transport import TransportClosed
from signaling.participant import Participant
from signaling.ports import Record
from signaling.rooms import Registry, Room
from signaling.succession import inherit, inherited

Fact = tuple[Payload, str | None]
SERVER_STOPPING: Final = "server_stopping"
log = structlog.get_logger(__name__)


class Closing:
    """Ends things in the order above."""

    def __init__(self, media: Rooms, record: Record, registry: Registry) -> None:
        self._media = media
        self._record = record
        self._registry = registry

    async def close_consumer(self, consumer: Consumer) -> None:
        room = consumer.owner.room
        room.remove_consumer(consumer)
        await self.release(commands.CloseConsumer(room.id, consumer.id))

    async def close_producer(self, producer: Producer, *, reason: str = "closed") -> None:
        """Its consumers close with it. Raises PersistenceError when that could not be recorded."""
        await self.close_producers(producer.owner, [producer], reason=reason, by=producer.owner)

    async def close_producers(
        self,
        owner: Participant,
        producers: list[Producer],
        *,
        reason: str,
        by: Participant,
        ends_share: bool = False,
        facts: tuple[Fact, ...] = (),
    ) -> None:
        """Some of what one participant sends, and, with `ends_share`, their share even if it never had a picture.

        `by`, who asked for it, is told nothing of it; `facts` are recorded with it. Raises PersistenceError when that
        failed; the producers are closed nevertheless.
        """
        room = owner.room
        witnesses = [other for other in room.participants.values() if other is not by]
        orphans = [orphan for producer in producers for orphan in room.remove_producer(producer)]
        stopped = _end_share(owner, at_once=ends_share)
        try:
            await self._record.emit(room.id, *(removed(producer, reason) for producer in producers), *stopped, *facts)
        finally:
            _tell_removed(witnesses, producers, orphans)
            if stopped:
                _tell(witnesses, catalogue.SCREEN_STOPPED, ScreenShare(participant_id=owner.id))
            for producer in producers:
                await self.release(commands.CloseProducer(room.id, producer.id))

    async def abandon(self, producer: Producer) -> None:
        """For a producer whose request fails after it was added; whether its end can be recorded changes nothing."""
        if producer.closed:
            return
        try:
            await self.close_producer(producer, reason="failed")
        except PersistenceError as error:
            log.error("record_failed", meeting_id=producer.owner.room.id, code=error.code)  # noqa: TRY400 - see above

    async def close_transport(self, transport: Transport, *, reason: str) -> None:
        """For a transport that failed or was closed by its peer; what was on it goes with it, and its owner is told."""
        owner, room = transport.owner, transport.owner.room
        if room.transports.get(transport.id) is not transport:
            return
        witnesses = [other for other in room.participants.values() if other is not owner]
        data = room.data.remove_on([transport])
        producers, orphans = room.remove_transport(transport)
        stopped = _end_share(owner)
        because = f"transport_{reason}"
        tracks = [removed(producer, because) for producer in producers]
        await self.try_record(room, [*tracks, *stopped, *data.facts(because)])
        _tell_removed(witnesses, producers, orphans)
        data.tell(witnesses)
        if stopped:
            _tell(witnesses, catalogue.SCREEN_STOPPED, ScreenShare(participant_id=owner.id))
        owner.tell(catalogue.TRANSPORT_CLOSED, TransportClosed(transport_id=transport.id, reason=reason))
        await self.release(commands.CloseTransport(room.id, transport.id))

    async def leave(
        self, participant: Participant, *, reason: str, by: Participant | None = None, facts: tuple[Fact, ...] = ()
    ) -> None:
        """The participant and all they hold go; a last host is followed by another, the last of all by the room.

        Does nothing to somebody who is out already. `by`: the host who removed them, whose reply says so. `facts` are
        recorded with it. Raises PersistenceError when that failed; they are out nevertheless.
        """
        room = participant.room
        if participant.gone:
            return
        transports = list(participant.transports)
        witnesses = [other for other in room.participants.values() if other is not participant]
        was_sharing, participant.screen = participant.screen, False
        data = room.data.remove_on(participant.transports.values())
        producers, orphans = room.remove_participant(participant)
        # Nobody inherits from a host who leaves because all do.
        stopping = reason == SERVER_STOPPING
        heir = None if stopping else inherit(room, participant)
        left = [*facts, *data.facts(reason), *_leaving(participant, producers, reason, was_sharing=was_sharing)]
        try:
            await self._record.emit(room.id, *left, *([inherited(heir)] if heir is not None else []))
        finally:
            _tell_removed(witnesses, producers, orphans)
            data.tell(witnesses)
            if was_sharing:
                _tell(witnesses, catalogue.SCREEN_STOPPED, ScreenShare(participant_id=participant.id))
            notice = _left(participant, reason)
            _tell([other for other in witnesses if other is not by], catalogue.PARTICIPANT_LEFT, notice)
            if by is not None:
                participant.tell(catalogue.PARTICIPANT_LEFT, notice)
            if heir is not None:
                _tell(witnesses, catalogue.PARTICIPANT_UPDATED, heir.view())
            for transport_id in transports:
                await self.release(commands.CloseTransport(room.id, transport_id))
            log.info("participant_left", **_names(participant), reason=reason)
            await self.close_if_deserted(room, reason=SERVER_STOPPING if stopping else "empty")

    async def close_if_deserted(self, room: Room, *, reason: str = "empty") -> None:
        """Nobody is in the room and nobody is arriving: it is over."""
        if room.deserted:
            await self.try_close(room, reason=reason)

    async def close_room(self, room: Room, *, reason: str, by: Participant | None = None) -> None:
        """Everybody is out, everybody but the one who asked is told. Does nothing to a room that is closed.

        Raises PersistenceError when that could not be recorded; the room is closed nevertheless.
        """
        if room.closed:
            return
        room.close()
        members = list(room.participants.values())
        facts: list[Fact] = []
        for member in members:
            was_sharing, member.screen = member.screen, False
            facts += room.data.remove_on(member.transports.values()).facts("room_closed")
            producers, _ = room.remove_participant(member)
            facts += _leaving(member, producers, "room_closed", was_sharing=was_sharing)
        room.restored.set()
        try:
            async with room.opening:
                if room.started:
                    facts.append((MeetingEnded(reason=reason), None))
                await self._record.emit(room.id, *facts)
        finally:
            for member in members:
                if member is not by:
                    member.tell(catalogue.ROOM_CLOSED, RoomClosedNotice(meeting_id=room.id, reason=reason))
            await self._close_media(room)
            self._registry.forget(room)
            log.info("room_closed", meeting_id=room.id, reason=reason)

    async def try_close(self, room: Room, *, reason: str) -> None:
        """For an end that nobody asked for; the record's refusal is logged."""
        try:
            await self.close_room(room, reason=reason)
        except PersistenceError as error:
            log.error("record_failed", meeting_id=room.id, code=error.code)  # noqa: TRY400 - nothing of ours went wrong

    async def record(self, room: Room, facts: list[Fact]) -> None:
        """Raises PersistenceError."""
        await self._record.emit(room.id, *facts)

    async def try_record(self, room: Room, facts: list[Fact]) -> None:
        """For facts that nobody waits for; the record's refusal is logged."""
        try:
            await self._record.emit(room.id, *facts)
        except PersistenceError as error:
            log.error("record_failed", meeting_id=room.id, code=error.code)  # noqa: TRY400 - nothing of ours went wrong

    async def release(self, command: commands.Command[commands.Done]) -> None:
        """Close something in the SFU alone. What it has closed already, or has lost, is no failure."""
        try:
            await self._media.ask(command)
        except commands.MediaError as error:
            if error.code != "NOT_FOUND":
                log.warning("close_refused", meeting_id=command.room_id, code=error.code)

    async def _close_media(self, room: Room) -> None:
        try:
            await self._media.close_room(room.id)
        except commands.MediaError as error:
            log.warning("close_refused", meeting_id=room.id, code=error.code)


def _end_share(owner: Participant, *, at_once: bool = False) -> list[Fact]:
    """A share ends with its last picture."""
    pictures = (producer for producer in owner.producers() if producer.source == "screen")
    if not owner.screen or (not at_once and any(pictures)):
        return []
    owner.screen = False
    return [(ScreenShareStopped(), owner.id)]


def removed(producer: Producer, reason: str) -> Fact:
    fact = TrackRemoved(producer_id=producer.id, kind=producer.kind, source=producer.source, reason=reason)
    return fact, producer.owner.id


def _leaving(participant: Participant, producers: list[Producer], reason: str, *, was_sharing: bool) -> list[Fact]:
    facts = [removed(producer, reason) for producer in producers]
    if was_sharing:
        facts.append((ScreenShareStopped(), participant.id))
    return [*facts, (ParticipantLeft(user_id=participant.user_id, reason=reason), participant.id)]


def _tell(witnesses: list[Participant], event: str, told: Told) -> None:
    """Tell those who saw the thing while it was there and are there still: who came since never knew of it."""
    for witness in witnesses:
        if not witness.gone:
            witness.tell(event, told)


def _tell_removed(witnesses: list[Participant], producers: list[Producer], orphans: list[Consumer]) -> None:
    for orphan in orphans:
        if not orphan.owner.gone:
            orphan.owner.tell(catalogue.CONSUMER_CLOSED, ConsumerNamed(consumer_id=orphan.id))
    for producer in producers:
        _tell(witnesses, catalogue.PRODUCER_REMOVED, ProducerNamed(producer_id=producer.id))


def _left(participant: Participant, reason: str) -> ParticipantLeftNotice:
    return ParticipantLeftNotice(participant_id=participant.id, user_id=participant.user_id, reason=reason)


def _names(participant: Participant) -> dict[str, str]:
    return {
        "meeting_id": participant.room.id,
        "participant_id": participant.id,
        "user_id": participant.user_id,
        "socket_id": participant.session.id,
    }

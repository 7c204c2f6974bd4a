"""Producers: tracks coming in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from config.settings import LimitSettings
from persistence.errors import PersistenceError
from persistence.events import TrackAdded, TrackRemoved
from sfu import commands
from sfu.ports import Rooms
from signaling.closing import Closing
from signaling.dispatch import handles
from signaling.errors import ErrorCode, SignalingError
from signaling.identity import CAN_PUBLISH
from signaling.lookup import own_producer, own_transport, still_carried
from signaling.media import Producer, Transport
from signaling.messages import catalogue
from signaling.messages.media import (
    Produce,
    ProducerClose,
    ProducerCreated,
    ProducerNamed,
    ProducerPause,
    ProducerResume,
)
from signaling.messages.model import Kind, Source
from signaling.participant import Participant
from signaling.permissions import may_share_screen, may_switch_on
from signaling.ports import Record
from signaling.ranks import Ranks
from signaling.switches import Switches

KIND_OF: Final[Mapping[Source, Kind]] = MappingProxyType(
    {"microphone": "audio", "camera": "video", "screen": "video", "screen_audio": "audio"}
)


class ProducerHandlers:
    def __init__(
        self,
        *,
        media: Rooms,
        record: Record,
        closing: Closing,
        switches: Switches,
        ranks: Ranks,
        limits: LimitSettings,
        new_id: Callable[[], str],
    ) -> None:
        self._media = media
        self._record = record
        self._closing = closing
        self._switches = switches
        self._ranks = ranks
        self._limits = limits
        self._new_id = new_id

    @handles(Produce)
    async def produce(self, participant: Participant, request: Produce) -> ProducerCreated:
        transport = self._check(participant, request)
        room = participant.room
        producer = Producer(
            id=self._new_id(),
            transport=transport,
            kind=request.kind,
            source=request.source,
            paused=request.paused or not _may_be_on(participant, request),
        )
        await self._media.ask(
            commands.Produce(
                room.id,
                transport.id,
                producer.id,
                request.kind,
                request.rtp_parameters,
                paused=producer.paused,
                content="screen" if request.source == "screen" else "camera",
            )
        )
        await self._record_added(producer)
        room.add_producer(producer)
        try:
            await self._switches.began(producer)
        except PersistenceError:
            await self._closing.abandon(producer)
            raise
        still_carried(transport)
        participant.session.after_reply(lambda: _announce(producer, asked_paused=request.paused))
        self._ranks.began(producer)
        return ProducerCreated(id=producer.id)

    def _check(self, participant: Participant, request: Produce) -> Transport:
        transport = own_transport(participant, request.transport_id)
        if not participant.session.identity.may(CAN_PUBLISH):
            raise SignalingError(ErrorCode.ACCESS_DENIED, "Your token does not let you send that.")
        if "screen" in request.source and not may_share_screen(participant):
            raise SignalingError(ErrorCode.ACCESS_DENIED, "You are not allowed to share your screen here.")
        if transport.direction != "send":
            raise SignalingError(ErrorCode.VALIDATION, "transport_id: must be a send transport")
        if KIND_OF[request.source] != request.kind:
            raise SignalingError(ErrorCode.VALIDATION, f"kind: a {request.source} sends {KIND_OF[request.source]}")
        if sum(1 for _ in participant.producers()) >= self._limits.max_producers_per_participant:
            raise SignalingError(ErrorCode.CAPACITY_EXCEEDED, "You send as many tracks as you may.")
        return transport

    async def _record_added(self, producer: Producer) -> None:
        """Recorded, or taken back from the SFU. What ends during the wait has its track's end recorded too."""
        owner, transport = producer.owner, producer.transport
        still_carried(transport)
        track = {"producer_id": producer.id, "kind": producer.kind, "source": producer.source}
        added = TrackAdded(**track, paused=producer.paused)
        try:
            await self._record.emit(owner.room.id, added, participant_id=owner.id)
        except PersistenceError:
            await self._closing.release(commands.CloseProducer(owner.room.id, producer.id))
            raise
        if owner.gone or transport.lost:
            removed = TrackRemoved(**track, reason="room_closed" if owner.gone else "worker_died")
            await self._record.emit(owner.room.id, removed, participant_id=owner.id)
            still_carried(transport)

    @handles(ProducerPause)
    async def pause(self, participant: Participant, request: ProducerPause) -> ProducerNamed:
        producer = own_producer(participant, request.producer_id)
        await self._switches.run(producer, running=False)
        return ProducerNamed(producer_id=producer.id)

    @handles(ProducerResume)
    async def resume(self, participant: Participant, request: ProducerResume) -> ProducerNamed:
        producer = own_producer(participant, request.producer_id)
        await self._switches.run(producer, running=True)
        return ProducerNamed(producer_id=producer.id)

    @handles(ProducerClose)
    async def close(self, participant: Participant, request: ProducerClose) -> ProducerNamed:
        producer = own_producer(participant, request.producer_id)
        await self._closing.close_producer(producer)
        return ProducerNamed(producer_id=producer.id)


def _may_be_on(participant: Participant, request: Produce) -> bool:
    return request.source not in {"microphone", "camera"} or may_switch_on(participant, request.kind)


def _announce(producer: Producer, *, asked_paused: bool) -> None:
    """The others hear of it, and its owner that it is paused where they did not ask for that."""
    if producer.closed:
        return
    owner = producer.owner
    owner.room.tell(catalogue.PRODUCER_ADDED, producer.view(), but=owner)
    if producer.paused and not asked_paused:
        owner.tell(catalogue.PRODUCER_PAUSED, ProducerNamed(producer_id=producer.id))

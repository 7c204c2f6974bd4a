"""Data producers and data consumers: channels that carry messages instead of tracks."""

from __future__ import annotations

from collections.abc import Callable

from config.settings import LimitSettings
from persistence.errors import PersistenceError
from sfu import commands
from sfu.ports import Rooms
from signaling.closing import Closing
from signaling.data import DataConsumer, DataProducer, Making
from signaling.data_closing import DataClosing
from signaling.dispatch import handles
from signaling.errors import ErrorCode, SignalingError, not_found
from signaling.identity import CAN_PUBLISH, CAN_SUBSCRIBE
from signaling.lookup import own_data_consumer, own_data_producer, own_transport, still_carried
from signaling.media import Transport
from signaling.messages import catalogue
from signaling.messages.data import (
    ConsumeData,
    DataConsumerClose,
    DataConsumerClosed,
    DataConsumerCreated,
    DataProducerClose,
    DataProducerClosed,
    DataProducerCreated,
    ProduceData,
)
from signaling.participant import Participant
from signaling.ports import Record


class DataHandlers:
    def __init__(
        self,
        *,
        media: Rooms,
        record: Record,
        closing: Closing,
        data_closing: DataClosing,
        limits: LimitSettings,
        new_id: Callable[[], str],
    ) -> None:
        self._media = media
        self._record = record
        self._closing = closing
        self._data_closing = data_closing
        self._limits = limits
        self._new_id = new_id

    @handles(ProduceData)
    async def produce(self, participant: Participant, request: ProduceData) -> DataProducerCreated:
        transport = _transport(participant, request.transport_id, "send", CAN_PUBLISH)
        room = participant.room
        if sum(1 for _ in room.data.producers_of(participant)) >= self._limits.max_data_producers_per_participant:
            raise SignalingError(ErrorCode.CAPACITY_EXCEEDED, "You send on as many data channels as you may.")
        producer = DataProducer(self._new_id(), transport, request.label, request.protocol)
        with room.data.making(producer.id) as making:
            await self._media.ask(
                commands.ProduceData(
                    room.id,
                    transport.id,
                    producer.id,
                    request.sctp_stream_parameters,
                    label=request.label,
                    protocol=request.protocol,
                )
            )
            await self._record_opened(producer, making)
            room.data.add_producer(producer)
        participant.session.after_reply(lambda: _announce(producer))
        return DataProducerCreated(id=producer.id)

    async def _record_opened(self, producer: DataProducer, making: Making) -> None:
        """Recorded, or taken back from the SFU. What ends during the wait has its end recorded too."""
        owner, transport = producer.owner, producer.transport
        still_carried(transport)
        try:
            await self._record.emit(owner.room.id, producer.opened(), participant_id=owner.id)
        except PersistenceError:
            await self._closing.release(commands.CloseDataProducer(owner.room.id, producer.id))
            raise
        reason = "room_closed" if owner.gone else "worker_died" if transport.lost else making.ended
        if reason is not None:
            await self._record.emit(owner.room.id, producer.closed_because(reason))
            still_carried(transport)
            raise _failed()

    @handles(DataProducerClose)
    async def close_producer(self, participant: Participant, request: DataProducerClose) -> DataProducerClosed:
        producer = own_data_producer(participant, request.data_producer_id)
        await self._data_closing.close_producer(producer)
        return DataProducerClosed(data_producer_id=producer.id)

    @handles(ConsumeData)
    async def consume(self, participant: Participant, request: ConsumeData) -> DataConsumerCreated:
        transport = _transport(participant, request.transport_id, "recv", CAN_SUBSCRIBE)
        data = participant.room.data
        producer = data.producers.get(request.data_producer_id)
        if producer is None:
            raise not_found("data producer")
        if sum(1 for _ in data.consumers_of(participant)) >= self._limits.max_data_consumers_per_participant:
            raise SignalingError(ErrorCode.CAPACITY_EXCEEDED, "You receive from as many data channels as you may.")
        consumer = DataConsumer(self._new_id(), transport, producer)
        with data.making(consumer.id) as making:
            made = await self._media.ask(
                commands.ConsumeData(participant.room.id, transport.id, consumer.id, producer.id),
            )
            still_carried(transport)
            if producer.closed:
                # It closed while the SFU was asked, and the SFU's consumer with it.
                raise not_found("data producer")
            if making.ended is not None:
                raise _failed()
            data.add_consumer(consumer)
        return DataConsumerCreated(
            id=consumer.id,
            data_producer_id=producer.id,
            participant_id=producer.owner.id,
            sctp_stream_parameters=made.sctp_stream_parameters,
            label=made.label,
            protocol=made.protocol,
        )

    @handles(DataConsumerClose)
    async def close_consumer(self, participant: Participant, request: DataConsumerClose) -> DataConsumerClosed:
        consumer = own_data_consumer(participant, request.data_consumer_id)
        await self._data_closing.close_consumer(consumer)
        return DataConsumerClosed(data_consumer_id=consumer.id)


def _transport(participant: Participant, transport_id: str, direction: str, grant: str) -> Transport:
    """The participant's own, made for data and for this way. Raises SignalingError."""
    transport = own_transport(participant, transport_id)
    if not participant.session.identity.may(grant):
        raise SignalingError(ErrorCode.ACCESS_DENIED, "Your token does not let you use data channels that way.")
    if transport.direction != direction or not transport.sctp:
        raise SignalingError(ErrorCode.VALIDATION, f"transport_id: must be a {direction} transport made with sctp")
    return transport


def _failed() -> SignalingError:
    return SignalingError(ErrorCode.WEBRTC_TRANSPORT_ERROR, "The data of this transport has failed.")


def _announce(producer: DataProducer) -> None:
    if not producer.closed:
        producer.owner.room.tell(catalogue.DATA_PRODUCER_ADDED, producer.view(), but=producer.owner)

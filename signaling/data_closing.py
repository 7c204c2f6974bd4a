"""The ends of single data producers and data consumers, in the order of `closing.py`."""

from __future__ import annotations

from functools import partial

from sfu import commands
from sfu.events import DataConsumerClosed as ConsumerEnded
from sfu.events import DataProducerClosed as ProducerEnded
from signaling.closing import Closing
from signaling.data import DataConsumer, DataProducer
from signaling.messages import catalogue
from signaling.messages.data import DataConsumerClosed, DataProducerClosed
from signaling.ports import Record
from signaling.rooms import Registry, Room


class DataClosing:
    def __init__(self, record: Record, closing: Closing, registry: Registry) -> None:
        self._record = record
        self._closing = closing
        self._registry = registry

    async def close_producer(self, producer: DataProducer, *, reason: str = "closed") -> None:
        """Its consumers close with it. Raises PersistenceError when that could not be recorded."""
        owner, room = producer.owner, producer.owner.room
        witnesses = [other for other in room.participants.values() if other is not owner]
        ends = room.data.remove_producer(producer)
        try:
            await self._record.emit(room.id, *ends.facts(reason))
        finally:
            ends.tell(witnesses)
            await self._closing.release(commands.CloseDataProducer(room.id, producer.id))

    async def close_consumer(self, consumer: DataConsumer) -> None:
        room = consumer.owner.room
        room.data.remove_consumer(consumer)
        await self._closing.release(commands.CloseDataConsumer(room.id, consumer.id))

    def producer_ended(self, event: ProducerEnded) -> None:
        """Its worker has closed it. The rest takes time, and is its owner's session's; it ends once."""
        room = self._registry.get(event.room_id)
        producer = room.data.producers.get(event.data_producer_id) if room else None
        if producer is None:
            _note(room, event.data_producer_id, event.reason)
        else:
            producer.owner.post(partial(self._finish, producer, event.reason))

    def consumer_ended(self, event: ConsumerEnded) -> None:
        room = self._registry.get(event.room_id)
        consumer = room.data.consumers.get(event.data_consumer_id) if room else None
        if room is None or consumer is None:
            _note(room, event.data_consumer_id, event.reason)
        else:
            room.data.remove_consumer(consumer)
            told = DataConsumerClosed(data_consumer_id=consumer.id, reason=event.reason)
            consumer.owner.tell(catalogue.DATA_CONSUMER_CLOSED, told)

    async def _finish(self, producer: DataProducer, reason: str) -> None:
        if not producer.closed:
            await self.expel(producer, reason=reason)

    async def expel(self, producer: DataProducer, *, reason: str) -> None:
        """For an end its owner did not ask for, and is told of."""
        producer.owner.tell(
            catalogue.DATA_PRODUCER_CLOSED, DataProducerClosed(data_producer_id=producer.id, reason=reason)
        )
        await self.close_producer(producer, reason=reason)


def _note(room: Room | None, data_id: str, reason: str) -> None:
    if room is not None:
        room.data.ended_early(data_id, reason)

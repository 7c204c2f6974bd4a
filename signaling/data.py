"""The data a room carries beside its media: data producers, the consumers of each, and how they leave the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from persistence.events import DataChannelClosed, DataChannelOpened, Payload
from signaling.messages import catalogue
from signaling.messages.data import DataConsumerClosed, DataProducerNamed, DataProducerView

if TYPE_CHECKING:
    from signaling.media import Transport
    from signaling.participant import Participant


@dataclass(slots=True, eq=False)
class DataProducer:
    """Messages coming in on one stream of a transport."""

    id: str
    transport: Transport
    label: str
    protocol: str
    consumers: dict[str, DataConsumer] = field(default_factory=dict)
    closed: bool = False

    @property
    def owner(self) -> Participant:
        return self.transport.owner

    def view(self) -> DataProducerView:
        return DataProducerView(
            data_producer_id=self.id, participant_id=self.owner.id, label=self.label, protocol=self.protocol
        )

    def opened(self) -> DataChannelOpened:
        return DataChannelOpened(data_producer_id=self.id, label=self.label, protocol=self.protocol)

    def closed_because(self, reason: str) -> tuple[Payload, str]:
        return DataChannelClosed(data_producer_id=self.id, label=self.label, reason=reason), self.owner.id


@dataclass(slots=True, eq=False)
class DataConsumer:
    """The same messages going out to one participant."""

    id: str
    transport: Transport
    producer: DataProducer

    @property
    def owner(self) -> Participant:
        return self.transport.owner


@dataclass(frozen=True, slots=True)
class DataEnds:
    """What left the tables in one step: data producers, and everybody's data consumers of them."""

    producers: list[DataProducer]
    orphans: list[DataConsumer]

    def facts(self, reason: str) -> list[tuple[Payload, str | None]]:
        return [producer.closed_because(reason) for producer in self.producers]

    def tell(self, witnesses: Iterable[Participant]) -> None:
        """Those who saw it and are there still; owners of consumers first."""
        for orphan in self.orphans:
            if not orphan.owner.gone:
                orphan.owner.tell(catalogue.DATA_CONSUMER_CLOSED, DataConsumerClosed(data_consumer_id=orphan.id))
        for witness in witnesses:
            if not witness.gone:
                for producer in self.producers:
                    witness.tell(catalogue.DATA_PRODUCER_REMOVED, DataProducerNamed(data_producer_id=producer.id))


@dataclass(slots=True)
class Making:
    """A data producer or consumer on its way into the tables. `ended`: it closed before it was in, and why."""

    ended: str | None = None


class RoomData:
    """The tables of one room. Nothing here waits."""

    def __init__(self) -> None:
        self._making: dict[str, Making] = {}
        self.producers: dict[str, DataProducer] = {}
        self.consumers: dict[str, DataConsumer] = {}

    def producers_of(self, participant: Participant) -> Iterator[DataProducer]:
        return (producer for producer in self.producers.values() if producer.owner is participant)

    def consumers_of(self, participant: Participant) -> Iterator[DataConsumer]:
        return (consumer for consumer in self.consumers.values() if consumer.owner is participant)

    @contextmanager
    def making(self, data_id: str) -> Iterator[Making]:
        """While its worker has it and the tables have not."""
        making = self._making[data_id] = Making()
        try:
            yield making
        finally:
            del self._making[data_id]

    def ended_early(self, data_id: str, reason: str) -> None:
        """A worker told the end of something that is not in the tables; it may be on its way there."""
        if data_id in self._making:
            self._making[data_id].ended = reason

    def add_producer(self, producer: DataProducer) -> None:
        self.producers[producer.id] = producer

    def add_consumer(self, consumer: DataConsumer) -> None:
        self.consumers[consumer.id] = consumer
        consumer.producer.consumers[consumer.id] = consumer

    def remove_consumer(self, consumer: DataConsumer) -> None:
        self.consumers.pop(consumer.id, None)
        consumer.producer.consumers.pop(consumer.id, None)

    def remove_producer(self, producer: DataProducer) -> DataEnds:
        producer.closed = True
        self.producers.pop(producer.id, None)
        orphans = list(producer.consumers.values())
        for orphan in orphans:
            self.remove_consumer(orphan)
        return DataEnds([producer], orphans)

    def remove_on(self, transports: Iterable[Transport]) -> DataEnds:
        """All on these transports. Their own consumers go with them, and nobody need be told of those."""
        gone = set(transports)
        for consumer in [consumer for consumer in self.consumers.values() if consumer.transport in gone]:
            self.remove_consumer(consumer)
        ends = [self.remove_producer(p) for p in [p for p in self.producers.values() if p.transport in gone]]
        return DataEnds(
            [producer for end in ends for producer in end.producers], [orphan for end in ends for orphan in end.orphans]
        )

"""A room's media on this worker: its tables and who closes with whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from sfu.commands import MediaError
from sfu.worker.consumer import Consumer
from sfu.worker.data import DataConsumer, DataProducer
from sfu.worker.producer import Producer
from sfu.worker.transport import Transport

T = TypeVar("T")


@dataclass
class Room:
    id: str
    transports: dict[str, Transport] = field(default_factory=dict)
    producers: dict[str, Producer] = field(default_factory=dict)
    consumers: dict[str, Consumer] = field(default_factory=dict)
    data_producers: dict[str, DataProducer] = field(default_factory=dict)
    data_consumers: dict[str, DataConsumer] = field(default_factory=dict)

    def transport(self, transport_id: str) -> Transport:
        return _found(self.transports, transport_id, "transport")

    def producer(self, producer_id: str) -> Producer:
        return _found(self.producers, producer_id, "producer")

    def consumer(self, consumer_id: str) -> Consumer:
        return _found(self.consumers, consumer_id, "consumer")

    def data_producer(self, data_producer_id: str) -> DataProducer:
        return _found(self.data_producers, data_producer_id, "data producer")

    def data_consumer(self, data_consumer_id: str) -> DataConsumer:
        return _found(self.data_consumers, data_consumer_id, "data consumer")

    def producers_on(self, transport: Transport) -> list[Producer]:
        return [producer for producer in self.producers.values() if producer.transport_id == transport.id]

    def consumers_on(self, transport: Transport) -> list[Consumer]:
        return [consumer for consumer in self.consumers.values() if consumer.transport_id == transport.id]

    def consumers_of(self, producer: Producer) -> list[Consumer]:
        return [self.consumers[consumer_id] for consumer_id in producer.consumer_ids]


def refuse_known(table: dict[str, T], key: str, what: str) -> None:
    if key in table:
        raise MediaError("CONFLICT", f"The {what} exists already.")


def _found(table: dict[str, T], key: str, what: str) -> T:
    found = table.get(key)
    if found is None:
        raise MediaError("NOT_FOUND", f"There is no such {what}.")
    return found

"""Where everything of one room is: the tables alone. `spread.py` keeps them, and speaks with the workers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from sfu.pipes import Pipe
from sfu.slot import Slot


@dataclass(eq=False)
class Branch:
    """A producer on a worker that is not its own: over `pipe` while it is there, for the sake of `consumers`.

    Who changes what the workers hold of it keeps `lock`; the table of consumers changes without waiting. `wanted` are
    the spatial layers its worker wants, `flowing` those that the producer's worker was told to send.
    """

    producer: ProducerRoute
    slot: Slot
    pipe: Pipe | None = None
    wanted: list[bool] = field(default_factory=list)
    flowing: list[bool] = field(default_factory=list)
    consumers: dict[str, ConsumerRoute] = field(default_factory=dict)
    unused_since: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(eq=False)
class TransportRoute:
    id: str
    slot: Slot
    participant_id: str
    producers: dict[str, ProducerRoute] = field(default_factory=dict)
    consumers: dict[str, ConsumerRoute] = field(default_factory=dict)
    data: dict[str, DataRoute] = field(default_factory=dict)


@dataclass(eq=False)
class DataRoute:
    """A data producer, or with a `source` a data consumer of it.

    `carried` are the other workers that its messages are brought to, and whether somebody there does not keep up. Who
    changes what workers hold of it keeps `lock`.
    """

    id: str
    transport: TransportRoute
    source: DataRoute | None = None
    consumers: dict[str, DataRoute] = field(default_factory=dict)
    carried: dict[Slot, bool] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(eq=False)
class ProducerRoute:
    id: str
    transport: TransportRoute
    consumers: dict[str, ConsumerRoute] = field(default_factory=dict)
    branches: dict[Slot, Branch] = field(default_factory=dict)
    closed: bool = False

    @property
    def slot(self) -> Slot:
        return self.transport.slot

    def branch(self, slot: Slot) -> Branch:
        """Kept as long as the producer, so that all who want it there share one lock."""
        return self.branches.setdefault(slot, Branch(self, slot))


@dataclass(eq=False)
class ConsumerRoute:
    id: str
    transport: TransportRoute
    producer: ProducerRoute

    @property
    def slot(self) -> Slot:
        return self.transport.slot

    @property
    def branch(self) -> Branch | None:
        return self.producer.branches.get(self.slot)


class RoomRoutes:
    """One room; `slots` are the workers it is open on, its home first. Once `ended`, nothing more is asked for it."""

    def __init__(self, room_id: str, home: Slot) -> None:
        self.id = room_id
        self.home = home
        self.slots: list[Slot] = []
        self.transports: dict[str, TransportRoute] = {}
        self.producers: dict[str, ProducerRoute] = {}
        self.consumers: dict[str, ConsumerRoute] = {}
        self.data: dict[str, DataRoute] = {}
        self.ended = False
        self.open_on(home)

    def open_on(self, slot: Slot) -> None:
        self.slots.append(slot)
        slot.rooms.add(self.id)

    def close_on(self, slot: Slot) -> None:
        self.slots.remove(slot)
        slot.rooms.discard(self.id)

    def slot_of_participant(self, participant_id: str) -> Slot | None:
        """Where the participant's transports are; None without any."""
        theirs = (t.slot for t in self.transports.values() if t.participant_id == participant_id)
        return next(theirs, None) if participant_id else None

    def slot_of(self, *, consumer_id: str = "", producer_id: str = "", transport_id: str = "") -> Slot:
        """The worker that holds the first of the three that is known; the home of what nobody knows."""
        found = self.consumers.get(consumer_id) or self.producers.get(producer_id) or self.transports.get(transport_id)
        return found.slot if found else self.home

    def add_transport(self, transport_id: str, slot: Slot, participant_id: str) -> TransportRoute:
        transport = self.transports[transport_id] = TransportRoute(transport_id, slot, participant_id)
        slot.transports += 1
        return transport

    def add_producer(self, producer_id: str, transport: TransportRoute) -> ProducerRoute:
        producer = self.producers[producer_id] = ProducerRoute(producer_id, transport)
        transport.producers[producer_id] = producer
        return producer

    def add_consumer(self, consumer_id: str, transport: TransportRoute, producer: ProducerRoute) -> ConsumerRoute:
        consumer = self.consumers[consumer_id] = ConsumerRoute(consumer_id, transport, producer)
        transport.consumers[consumer_id] = producer.consumers[consumer_id] = consumer
        if (branch := consumer.branch) is not None:
            branch.consumers[consumer_id] = consumer
        return consumer

    def add_data(self, data_id: str, transport: TransportRoute, source: DataRoute | None = None) -> None:
        route = self.data[data_id] = transport.data[data_id] = DataRoute(data_id, transport, source)
        if source is not None:
            source.consumers[data_id] = route

    def drop_data(self, data_id: str) -> DataRoute | None:
        """A data producer with its consumers, or a data consumer."""
        route = self.data.pop(data_id, None)
        if route is None:
            return None
        route.transport.data.pop(data_id, None)
        if route.source is not None:
            route.source.consumers.pop(data_id, None)
        for consumer_id in list(route.consumers):
            self.drop_data(consumer_id)
        return route

    def drop_consumer(self, consumer: ConsumerRoute) -> None:
        self.consumers.pop(consumer.id, None)
        consumer.transport.consumers.pop(consumer.id, None)
        consumer.producer.consumers.pop(consumer.id, None)
        if (branch := consumer.branch) is not None:
            branch.consumers.pop(consumer.id, None)

    def drop_producer(self, producer: ProducerRoute) -> None:
        """With its consumers on all workers."""
        producer.closed = True
        self.producers.pop(producer.id, None)
        producer.transport.producers.pop(producer.id, None)
        for consumer in list(producer.consumers.values()):
            self.drop_consumer(consumer)

    def drop_transport(self, transport: TransportRoute) -> None:
        """With its producers, their consumers, its own consumers and its data."""
        if self.transports.pop(transport.id, None) is None:
            return
        transport.slot.transports -= 1
        for producer in list(transport.producers.values()):
            self.drop_producer(producer)
        for consumer in list(transport.consumers.values()):
            self.drop_consumer(consumer)
        for data_id in list(transport.data):
            self.drop_data(data_id)

    def end(self) -> list[Branch]:
        """Forget everything. Returns all branches there were: their pipes have lost a user. Idempotent."""
        if self.ended:
            return []
        self.ended = True
        branches = [branch for producer in self.producers.values() for branch in producer.branches.values()]
        for transport in list(self.transports.values()):
            self.drop_transport(transport)
        for slot in list(self.slots):
            self.close_on(slot)
        return branches

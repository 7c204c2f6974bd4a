"""Carries the server's commands out: rooms, their transports, producers and consumers, here and in the data plane.

The data plane is told first; only what it accepted enters the tables, and what it refused is refused with its code.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from sfu._dataplane import DataPlaneError
from sfu.commands import Command, MediaError, Ortc, Reply
from sfu.ortc import OrtcError
from sfu.worker.consumer import Consumer
from sfu.worker.data import DataConsumer, DataProducer
from sfu.worker.data_forwarding import Forwarding
from sfu.worker.handles import Handles, HandleTable
from sfu.worker.pipe import Pipe
from sfu.worker.producer import Producer
from sfu.worker.room import Room
from sfu.worker.transport import Surroundings, Transport

if TYPE_CHECKING:
    from sfu._dataplane import DataPlane

TRANSPORT_LIMIT = 10_000
PRODUCER_LIMIT = 10_000
CONSUMER_LIMIT = 200_000
DATA_PRODUCER_LIMIT = 10_000
DATA_CONSUMER_LIMIT = 100_000

C = TypeVar("C", bound=Command[Any])
Handler = Callable[["Router", Any], Awaitable[Reply]]


class CommandTable(dict[type[Command[Any]], Handler]):
    """Which function carries which command out: `@table(Command)` enters it."""

    def __call__(self, kind: type[C]) -> Callable[[Callable[[Router, C], Awaitable[Reply]]], Handler]:
        def enter(handler: Callable[[Router, C], Awaitable[Reply]]) -> Handler:
            self[kind] = handler
            return handler

        return enter


class Router:
    def __init__(
        self,
        handlers: Mapping[type[Command[Any]], Handler],
        plane: DataPlane,
        around: Surroundings,
        candidates: Callable[[], list[Ortc]],
        *,
        pipe_host: str,
        forwarding: Forwarding,
    ) -> None:
        self._handlers = handlers
        self.plane = plane
        self.around = around
        self.candidates = candidates
        self.pipe_host = pipe_host
        self.forwarding = forwarding
        self.rooms: dict[str, Room] = {}
        self.pipes: dict[str, Pipe] = {}
        self.handles = handles = Handles()
        self.transports: HandleTable[Transport] = HandleTable(handles, "transports", TRANSPORT_LIMIT)
        self.producers: HandleTable[Producer] = HandleTable(handles, "producers", PRODUCER_LIMIT)
        self.consumers: HandleTable[Consumer] = HandleTable(handles, "consumers", CONSUMER_LIMIT)
        self.data_producers: HandleTable[DataProducer] = HandleTable(handles, "data producers", DATA_PRODUCER_LIMIT)
        self.data_consumers: HandleTable[DataConsumer] = HandleTable(handles, "data consumers", DATA_CONSUMER_LIMIT)

    async def carry_out(self, command: Command[Any]) -> Reply:
        """Raises MediaError."""
        try:
            return await self._handlers[type(command)](self, command)
        except OrtcError as error:
            raise MediaError("VALIDATION", str(error)) from None
        except DataPlaneError as error:
            raise MediaError(error.code, str(error)) from None

    def room(self, command: Command[Any]) -> Room:
        room = self.rooms.get(command.room_id)
        if room is None:
            raise MediaError("NOT_FOUND", "The room is not open.")
        return room

    def pipe(self, pipe_id: str) -> Pipe:
        pipe = self.pipes.get(pipe_id)
        if pipe is None:
            raise MediaError("NOT_FOUND", "There is no such pipe.")
        return pipe

    async def close_transport(self, room: Room, transport: Transport) -> None:
        """close_notify first, while there is a path to send it on; then the data plane, then the tables."""
        await transport.close()
        self.plane.remove_transport(transport.handle)
        for producer in room.producers_on(transport):
            self.forget_producer(room, producer)
        for consumer in room.consumers_on(transport):
            self.forget_consumer(room, consumer)
        if transport.data is not None:
            for data_producer in list(transport.data.producers.values()):
                self.forget_data_producer(room, data_producer)
            for data_consumer in list(transport.data.consumers.values()):
                self.forget_data_consumer(room, data_consumer)
        del room.transports[transport.id]
        self.transports.remove(transport.handle)

    def forget_producer(self, room: Room, producer: Producer) -> None:
        """With its consumers, which the data plane has removed with it."""
        for consumer in room.consumers_of(producer):
            self.forget_consumer(room, consumer)
        del room.producers[producer.id]
        self.producers.remove(producer.handle)

    def forget_consumer(self, room: Room, consumer: Consumer) -> None:
        room.transports[consumer.transport_id].numbering.release(consumer.identity)
        consumer.producer.consumer_ids.discard(consumer.id)
        del room.consumers[consumer.id]
        self.consumers.remove(consumer.handle)

    def forget_data_producer(self, room: Room, producer: DataProducer) -> None:
        """With its consumers, whose channels are closed."""
        for consumer in list(producer.consumers.values()):
            self.forget_data_consumer(room, consumer)
        self.forwarding.close(producer)
        producer.streams.remove_producer(producer)
        del room.data_producers[producer.id]
        self.data_producers.remove(producer.handle)

    def forget_data_consumer(self, room: Room, consumer: DataConsumer) -> None:
        consumer.streams.remove_consumer(consumer)
        del consumer.producer.consumers[consumer.id]
        del room.data_consumers[consumer.id]
        self.data_consumers.remove(consumer.handle)

    async def close_room(self, room: Room) -> None:
        for transport in list(room.transports.values()):
            await self.close_transport(room, transport)
        for producer in list(room.producers.values()):  # those that came over pipes
            self.plane.remove_producer(producer.handle)
            self.forget_producer(room, producer)
        for data_producer in list(room.data_producers.values()):  # those of other workers
            self.forget_data_producer(room, data_producer)
        del self.rooms[room.id]

    async def close(self) -> None:
        for room in list(self.rooms.values()):
            await self.close_room(room)

"""Rooms over several workers: which worker a command goes to, and the producers that are wanted on another.

A participant's transports are on one worker: the room's home, or another when that is full (`placement.py`). A producer
that somebody elsewhere consumes goes there over a pipe, once, whoever consumes it there, and stays while somebody does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, cast

import structlog

from sfu import commands as cmd
from sfu.commands import Command, MediaError
from sfu.events import ProducerLayersWanted
from sfu.pipes import Pipe, Pipes
from sfu.placement import SpreadLimits, place_participant
from sfu.ports import R
from sfu.room_routes import Branch, ConsumerRoute, ProducerRoute, RoomRoutes
from sfu.slot import Slot
from sfu.spread_data import SpreadData
from sfu.wishes import Wishes

HOLD_S = 5.0
"""A producer stays where its last consumer left for so long: people switch between views, and come back."""

log = structlog.get_logger()

Handler = Callable[[RoomRoutes, Any], Awaitable[Any]]


class Spread:
    """`slots` are all workers of the node. `sweep` is called now and then by whoever owns the clock."""

    def __init__(
        self, slots: Sequence[Slot], pipes: Pipes, limits: SpreadLimits, clock: Callable[[], float] | None = None
    ) -> None:
        self._slots = slots
        self._pipes = pipes
        self._limits = limits
        self._clock = clock or _loop_time
        self._unused: dict[Branch, RoomRoutes] = {}
        self._wishes = Wishes(slots, self._pass_wish)
        self.data = SpreadData(self._tell)
        self._handlers: dict[type[Command[Any]], Handler] = {
            cmd.CreateTransport: self._create_transport,
            cmd.CloseTransport: self._close_transport,
            cmd.Produce: self._produce,
            cmd.PauseProducer: self._change_producer,
            cmd.ResumeProducer: self._change_producer,
            cmd.SetProducerPriority: self._change_producer,
            cmd.CloseProducer: self._close_producer,
            cmd.Consume: self._consume,
            cmd.CloseConsumer: self._close_consumer,
            **self.data.handlers,
        }

    async def ask(self, room: RoomRoutes, command: Command[R]) -> R:
        """Raises MediaError."""
        handler: Handler = self._handlers.get(type(command), self._pass_on)
        return cast("R", await handler(room, command))

    def end(self, room: RoomRoutes) -> None:
        """Nothing more is asked for the room; its workers are told by whoever ends it."""
        for branch in room.end():
            self._unused.pop(branch, None)
            if branch.pipe is not None:
                pipe, branch.pipe = branch.pipe, None
                self._pipes.release(pipe, self._clock())

    def heard(self, room: RoomRoutes, slot: Slot, event: ProducerLayersWanted) -> bool:
        """Whether a worker told what it wants of a producer that came over a pipe: its own worker is asked for that."""
        producer = room.producers.get(event.producer_id)
        if producer is None or producer.slot is slot:
            return False
        branch = producer.branch(slot)
        branch.wanted = event.spatial_layers
        self._wishes.add(room, branch)
        return True

    def start(self) -> None:
        self._wishes.start()

    async def stop(self) -> None:
        await self._wishes.stop()
        await self.data.stop()

    async def sweep(self, now: float, hold_s: float = HOLD_S) -> None:
        """Take back what nobody has consumed on its worker for `hold_s`, then the pipes without use."""
        for branch, room in list(self._unused.items()):
            async with branch.lock:
                if branch.unused_since is not None and now - branch.unused_since >= hold_s:
                    await self._cut(room, branch)
        await self._pipes.sweep(now, hold_s)

    async def _pass_on(self, room: RoomRoutes, command: Command[Any]) -> Any:
        ids = {name: getattr(command, name, "") for name in ("consumer_id", "producer_id", "transport_id")}
        return await self._tell(room, room.slot_of(**ids), command)

    async def _create_transport(self, room: RoomRoutes, command: cmd.CreateTransport) -> cmd.TransportCreated:
        if command.transport_id in room.transports:
            raise MediaError("CONFLICT", "The transport exists already.")
        slot = room.slot_of_participant(command.participant_id) or self._place(room, command.participant_id)
        # Entered before it is there: whoever is placed next must see it.
        transport = room.add_transport(command.transport_id, slot, command.participant_id)
        try:
            if slot not in room.slots:
                await self._open(room, slot)
            created = await self._tell(room, slot, command)
        except BaseException:
            room.drop_transport(transport)
            raise
        if room.transports.get(transport.id) is not transport:
            await self._try(room, slot, cmd.CloseTransport(room.id, transport.id))
            raise _gone("transport")
        return created

    def _place(self, room: RoomRoutes, participant_id: str) -> Slot:
        if not participant_id:
            return room.home
        return place_participant(self._slots, room.home, room.slots, self._limits)

    async def _open(self, room: RoomRoutes, slot: Slot) -> None:
        room.open_on(slot)
        try:
            await self._tell(room, slot, cmd.OpenRoom(room.id))
        except BaseException:
            if slot in room.slots:
                room.close_on(slot)
            raise
        log.info("room_spread", room_id=room.id, worker=slot.index, workers=len(room.slots))

    async def _close_transport(self, room: RoomRoutes, command: cmd.CloseTransport) -> cmd.Done:
        transport = room.transports.get(command.transport_id)
        if transport is None:
            return cast("cmd.Done", await self._pass_on(room, command))
        producers = list(transport.producers.values())
        touched = _branches(transport.consumers.values())
        data = {route.source or route for route in transport.data.values()}
        room.drop_transport(transport)
        try:
            return await self._tell(room, transport.slot, command)
        finally:
            self.data.dropped(room, data)
            for producer in producers:
                await self._cut_all(room, producer)
            for branch in touched:
                self._note_use(room, branch)

    async def _produce(self, room: RoomRoutes, command: cmd.Produce) -> cmd.Produced:
        transport = room.transports.get(command.transport_id)
        if transport is None:
            return cast("cmd.Produced", await self._pass_on(room, command))
        if command.producer_id in room.producers:
            raise MediaError("CONFLICT", "The producer exists already.")
        produced = await self._tell(room, transport.slot, command)
        if room.transports.get(transport.id) is transport:
            room.add_producer(command.producer_id, transport)
        return produced

    async def _change_producer(
        self, room: RoomRoutes, command: cmd.PauseProducer | cmd.ResumeProducer | cmd.SetProducerPriority
    ) -> cmd.Done:
        """At its home, and wherever else it is."""
        done = cast("cmd.Done", await self._pass_on(room, command))
        if (producer := room.producers.get(command.producer_id)) is not None:
            for branch in list(producer.branches.values()):
                async with branch.lock:
                    if branch.pipe is not None:
                        await self._try(room, branch.slot, command)
        return done

    async def _close_producer(self, room: RoomRoutes, command: cmd.CloseProducer) -> cmd.Done:
        producer = room.producers.get(command.producer_id)
        if producer is None:
            return cast("cmd.Done", await self._pass_on(room, command))
        room.drop_producer(producer)
        try:
            return await self._tell(room, producer.slot, command)
        finally:
            await self._cut_all(room, producer)

    async def _consume(self, room: RoomRoutes, command: cmd.Consume) -> cmd.Consumed:
        transport = room.transports.get(command.transport_id)
        if transport is None:
            raise _gone("transport")
        producer = _still(room, command.producer_id)
        if command.consumer_id in room.consumers:
            raise MediaError("CONFLICT", "The consumer exists already.")

        async def consume() -> cmd.Consumed:
            consumed = await self._tell(room, transport.slot, command)
            # A worker closes a consumer with its transport or its producer: what went meanwhile leaves nothing there.
            if producer.closed or room.transports.get(transport.id) is not transport:
                raise _gone("producer")
            room.add_consumer(command.consumer_id, transport, producer)
            return consumed

        if transport.slot is producer.slot:
            return await consume()
        branch = producer.branch(transport.slot)
        async with branch.lock:
            _still(room, command.producer_id)
            if branch.pipe is None:
                await self._extend(room, branch)
            try:
                return await consume()
            finally:
                self._note_use(room, branch)

    async def _close_consumer(self, room: RoomRoutes, command: cmd.CloseConsumer) -> cmd.Done:
        consumer = room.consumers.get(command.consumer_id)
        if consumer is None:
            return cast("cmd.Done", await self._pass_on(room, command))
        room.drop_consumer(consumer)
        for branch in _branches([consumer]):
            self._note_use(room, branch)
        return await self._tell(room, consumer.slot, command)

    async def _extend(self, room: RoomRoutes, branch: Branch) -> None:
        """Bring the producer to the branch's worker. Raises MediaError, and leaves nothing behind then."""
        producer, pipe = branch.producer, await self._pipes.take(branch.producer.slot, branch.slot)
        try:
            await self._carry(room, branch, pipe)
        except BaseException as error:
            await self._withdraw(room, branch, pipe)
            if isinstance(error, MediaError) and error.code != "NOT_FOUND":
                log.warning("producer_not_piped", room_id=room.id, producer_id=producer.id, problem=error.message)
                raise MediaError("UNAVAILABLE", "The media cannot be brought to your worker.") from error
            raise
        branch.pipe, branch.wanted, branch.flowing = pipe, [], []

    async def _carry(self, room: RoomRoutes, branch: Branch, pipe: Pipe) -> None:
        producer = branch.producer
        out = await self._tell(room, producer.slot, cmd.PipeOut(room.id, pipe.id, producer.id))
        taken = cmd.PipeIn(
            room.id,
            pipe.id,
            producer.id,
            media=out.media,
            cname=out.cname,
            ssrcs=out.ssrcs,
            paused=out.paused,
            content=out.content,
            priority=out.priority,
        )
        await self._tell(room, branch.slot, taken)
        if room.ended:
            raise MediaError("UNAVAILABLE", "The room is closed.")

    async def _cut(self, room: RoomRoutes, branch: Branch) -> None:
        """Take the producer back from the branch's worker, with its consumers there. The lock is held."""
        self._unused.pop(branch, None)
        branch.unused_since = None
        if branch.pipe is not None:
            pipe, branch.pipe = branch.pipe, None
            await self._withdraw(room, branch, pipe)

    async def _withdraw(self, room: RoomRoutes, branch: Branch, pipe: Pipe) -> None:
        producer = branch.producer
        try:
            if not producer.closed:
                await self._try(room, producer.slot, cmd.StopPipeOut(room.id, pipe.id, producer.id))
            await self._try(room, branch.slot, cmd.CloseProducer(room.id, producer.id))
        finally:
            self._pipes.release(pipe, self._clock())

    async def _cut_all(self, room: RoomRoutes, producer: ProducerRoute) -> None:
        for branch in list(producer.branches.values()):
            async with branch.lock:
                await self._cut(room, branch)

    async def _pass_wish(self, room: RoomRoutes, branch: Branch) -> None:
        """Let the pipe carry what the branch's worker wants."""
        async with branch.lock:
            if branch.pipe is None or branch.producer.closed or branch.wanted == branch.flowing:
                return
            wanted = branch.wanted
            command = cmd.SetPipeWanted(room.id, branch.pipe.id, branch.producer.id, wanted)
            await self._try(room, branch.producer.slot, command)
            branch.flowing = wanted

    def _note_use(self, room: RoomRoutes, branch: Branch) -> None:
        if branch.pipe is None or branch.consumers:
            branch.unused_since = None
            self._unused.pop(branch, None)
        elif branch.unused_since is None:
            branch.unused_since = self._clock()
            self._unused[branch] = room

    async def _tell(self, room: RoomRoutes, slot: Slot, command: Command[R]) -> R:
        """Never the process that took the place of a dead one: the rooms of that one have ended."""
        if room.ended or slot.process is None:
            raise MediaError("UNAVAILABLE", "The media worker is gone.")
        return await slot.process.ask(command)

    async def _try(self, room: RoomRoutes, slot: Slot, command: Command[Any]) -> None:
        """What cannot be told need not be: the worker is gone, or what the command is about."""
        try:
            await self._tell(room, slot, command)
        except MediaError as error:
            log.debug("worker_not_told", room_id=room.id, command=type(command).__name__, code=error.code)


def _still(room: RoomRoutes, producer_id: str) -> ProducerRoute:
    producer = room.producers.get(producer_id)
    if producer is None:
        raise _gone("producer")
    return producer


def _gone(what: str) -> MediaError:
    return MediaError("NOT_FOUND", f"There is no such {what}.")


def _branches(consumers: Iterable[ConsumerRoute]) -> set[Branch]:
    return {branch for consumer in consumers if (branch := consumer.branch) is not None}


def _loop_time() -> float:
    return asyncio.get_running_loop().time()

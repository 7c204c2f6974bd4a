"""Data in a room over several workers.

A data producer's messages go, by way of the server, to each worker where somebody consumes it, for as long as they do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Protocol

import structlog

from sfu import commands as cmd
from sfu.commands import Command, MediaError
from sfu.events import DataLagging, DataPassedOn
from sfu.ports import R
from sfu.room_routes import DataRoute, RoomRoutes
from sfu.slot import Slot

log = structlog.get_logger()


class Tell(Protocol):
    async def __call__(self, room: RoomRoutes, slot: Slot, command: Command[R]) -> R:
        """Raises MediaError."""
        ...


class SpreadData:
    """`tell` asks a worker. What is brought about by events is done by tasks of its own, ended by `stop`."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()
        self.handlers: dict[type[Command[Any]], Callable[[RoomRoutes, Any], Awaitable[Any]]] = {
            cmd.ProduceData: self._produce,
            cmd.ConsumeData: self._consume,
            cmd.CloseDataProducer: self._close_producer,
            cmd.CloseDataConsumer: self._close_consumer,
        }

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def passed_on(self, room: RoomRoutes | None, slot: Slot, event: DataPassedOn) -> None:
        """A message on its way. Tasks begin in the order they are made in, and links keep it."""
        source = room.data.get(event.data_producer_id) if room is not None else None
        self._begin(self._relay(room, source, slot, event))

    def lagging(self, room: RoomRoutes | None, slot: Slot, event: DataLagging) -> None:
        source = room.data.get(event.data_producer_id) if room is not None else None
        if room is None or source is None or slot not in source.carried:
            return
        before = any(source.carried.values())
        source.carried[slot] = event.lagging
        self._note_lag(room, source, before)

    def dropped(self, room: RoomRoutes, sources: Iterable[DataRoute]) -> None:
        """Of these data producers something has left the tables, or they have themselves."""
        for source in sources:
            if source.carried:
                self._begin(self._withdraw_unused(room, source))

    async def _produce(self, room: RoomRoutes, command: cmd.ProduceData) -> cmd.Done:
        transport = room.transports.get(command.transport_id)
        if transport is None:
            raise _gone("transport")
        done = await self._tell(room, transport.slot, command)
        if room.transports.get(transport.id) is transport:
            room.add_data(command.data_producer_id, transport)
        return done

    async def _consume(self, room: RoomRoutes, command: cmd.ConsumeData) -> cmd.DataConsumed:
        transport, source = room.transports.get(command.transport_id), room.data.get(command.data_producer_id)
        if transport is None or source is None:
            raise _gone("transport" if transport is None else "data producer")

        async def consume() -> cmd.DataConsumed:
            consumed = await self._tell(room, transport.slot, command)
            if room.data.get(source.id) is not source or room.transports.get(transport.id) is not transport:
                raise _gone("data producer")
            room.add_data(command.data_consumer_id, transport, source)
            return consumed

        if transport.slot is source.transport.slot:
            return await consume()
        async with source.lock:
            if room.data.get(source.id) is not source:
                raise _gone("data producer")
            if transport.slot not in source.carried:
                await self._carry(room, source, transport.slot)
            try:
                return await consume()
            except BaseException:
                self.dropped(room, [source])
                raise

    async def _close_producer(self, room: RoomRoutes, command: cmd.CloseDataProducer) -> cmd.Done:
        return await self._close(room, command, command.data_producer_id)

    async def _close_consumer(self, room: RoomRoutes, command: cmd.CloseDataConsumer) -> cmd.Done:
        return await self._close(room, command, command.data_consumer_id)

    async def _close(self, room: RoomRoutes, command: Command[cmd.Done], data_id: str) -> cmd.Done:
        route = room.drop_data(data_id)
        if route is None:
            return await self._tell(room, room.home, command)
        self.dropped(room, [route.source or route])
        return await self._tell(room, route.transport.slot, command)

    async def _carry(self, room: RoomRoutes, source: DataRoute, slot: Slot) -> None:
        """Bring it to the worker. The lock is held. Raises MediaError, and leaves nothing behind then."""
        source.carried[slot] = False
        try:
            told = await self._tell(room, source.transport.slot, cmd.ForwardData(room.id, source.id))
            mirror = cmd.MirrorData(room.id, source.id, told.sctp_stream_parameters, told.label, told.protocol)
            await self._tell(room, slot, mirror)
        except BaseException:
            await self._withdraw(room, source, slot)
            raise

    async def _withdraw_unused(self, room: RoomRoutes, source: DataRoute) -> None:
        async with source.lock:
            gone = room.data.get(source.id) is not source
            used = set() if gone else {consumer.transport.slot for consumer in source.consumers.values()}
            for slot in set(source.carried) - used:
                await self._withdraw(room, source, slot)

    async def _withdraw(self, room: RoomRoutes, source: DataRoute, slot: Slot) -> None:
        before = any(source.carried.values())
        del source.carried[slot]
        await self._try(room, slot, cmd.CloseDataProducer(room.id, source.id))
        if room.data.get(source.id) is not source:
            return
        if source.carried:
            self._note_lag(room, source, before)
        else:
            await self._try(room, source.transport.slot, cmd.StopForwardData(room.id, source.id))

    async def _relay(self, room: RoomRoutes | None, source: DataRoute | None, slot: Slot, event: DataPassedOn) -> None:
        try:
            if room is not None and source is not None:
                taken = cmd.TakeData(room.id, source.id, event.ppid, event.data)
                await asyncio.gather(*(self._try(room, there, taken) for there in source.carried))
        finally:
            await _settle(slot)

    def _note_lag(self, room: RoomRoutes, source: DataRoute, before: bool) -> None:
        held = any(source.carried.values())
        if held is not before:
            self._begin(self._try(room, source.transport.slot, cmd.HoldData(room.id, source.id, held)))

    async def _try(self, room: RoomRoutes, slot: Slot, command: Command[Any]) -> None:
        try:
            await self._tell(room, slot, command)
        except MediaError as error:
            log.debug("worker_not_told", room_id=room.id, command=type(command).__name__, code=error.code)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="spread-data")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _settle(slot: Slot) -> None:
    if slot.process is None:
        return
    try:
        await slot.process.ask(cmd.SettleData(""))
    except MediaError as error:
        log.debug("worker_not_told", command="SettleData", code=error.code)


def _gone(what: str) -> MediaError:
    return MediaError("NOT_FOUND", f"There is no such {what}.")

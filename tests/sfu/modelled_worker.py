"""A worker process in memory: keeps its tables and refuses as the real one does, and dies when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sfu import commands as cmd
from sfu.commands import Command, Done, MediaError, Reply


@dataclass
class ModelledRoom:
    transports: set[str] = field(default_factory=set)
    producers: dict[str, str] = field(default_factory=dict)
    """What each comes in on: a transport or a pipe."""
    consumers: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Transport and producer of each."""
    outs: set[tuple[str, str]] = field(default_factory=set)
    """(pipe, producer)."""

    def close_producer(self, producer_id: str) -> None:
        _found(self.producers, producer_id)
        del self.producers[producer_id]
        self.outs = {out for out in self.outs if out[1] != producer_id}
        self.consumers = {name: ends for name, ends in self.consumers.items() if ends[1] != producer_id}

    def close_transport(self, transport_id: str) -> None:
        _found(self.transports, transport_id)
        self.transports.remove(transport_id)
        for producer_id in [name for name, origin in self.producers.items() if origin == transport_id]:
            self.close_producer(producer_id)
        self.consumers = {name: ends for name, ends in self.consumers.items() if ends[0] != transport_id}


class ModelledWorker:
    """A command is carried out when it is asked, in order; `hops` turns of the loop later its asker hears of it.

    The next command of a type in `refusing` is refused, once.
    """

    serving = True
    tcp_port = None

    def __init__(self, index: int, hops: Callable[[], int]) -> None:
        self.index = index
        self.pid = self.udp_port = 7000 + index
        self.rooms: dict[str, ModelledRoom] = {}
        self.pipes: set[str] = set()
        self.refusing: set[type[Command[Any]]] = set()
        self._hops = hops
        self._gone = asyncio.Event()
        self._ssrcs = count(1)

    async def ask(self, command: Command[Any]) -> Reply:
        if self._gone.is_set():
            raise MediaError("UNAVAILABLE", "The media worker is gone.")
        outcome: Reply | MediaError
        try:
            outcome = self._carry_out(command)
        except MediaError as error:
            outcome = error
        for _ in range(self._hops()):
            await asyncio.sleep(0)
        if self._gone.is_set():
            raise MediaError("UNAVAILABLE", "The media worker is gone.")
        if isinstance(outcome, MediaError):
            raise outcome
        return outcome

    def die(self) -> None:
        self._gone.set()

    kill = die

    async def wait(self) -> int | None:
        await self._gone.wait()
        return -9

    async def stop(self) -> None:
        self.die()

    def _carry_out(self, command: Command[Any]) -> Reply:
        if type(command) in self.refusing:
            self.refusing.discard(type(command))
            raise MediaError("CAPACITY_EXCEEDED", "There is no more room.")
        match command:
            case cmd.OpenRoom(room_id=room_id):
                self.rooms.setdefault(room_id, ModelledRoom())
            case cmd.CloseRoom(room_id=room_id):
                self.rooms.pop(room_id, None)
            case cmd.AddPipe(pipe_id=pipe_id):
                _fresh(self.pipes, pipe_id)
                self.pipes.add(pipe_id)
            case cmd.RemovePipe(pipe_id=pipe_id):
                self._remove_pipe(pipe_id)
            case _:
                return self._in_room(_found(self.rooms, command.room_id), command)
        return Done()

    def _remove_pipe(self, pipe_id: str) -> None:
        self.pipes.discard(pipe_id)
        for room in self.rooms.values():
            room.outs = {out for out in room.outs if out[0] != pipe_id}
            for producer_id in [name for name, origin in room.producers.items() if origin == pipe_id]:
                room.close_producer(producer_id)

    def _in_room(self, room: ModelledRoom, command: Command[Any]) -> Reply:
        match command:
            case cmd.CreateTransport(transport_id=name):
                _fresh(room.transports, name)
                room.transports.add(name)
                return cmd.TransportCreated({}, [], {})
            case cmd.CloseTransport(transport_id=name):
                room.close_transport(name)
            case cmd.Produce(transport_id=transport_id, producer_id=name):
                _found(room.transports, transport_id)
                _fresh(room.producers, name)
                room.producers[name] = transport_id
                return cmd.Produced("simple")
            case cmd.CloseProducer(producer_id=name):
                room.close_producer(name)
            case cmd.Consume(transport_id=transport_id, consumer_id=name, producer_id=producer_id):
                _found(room.transports, transport_id)
                _found(room.producers, producer_id)
                _fresh(room.consumers, name)
                room.consumers[name] = (transport_id, producer_id)
                return cmd.Consumed("video", "simple", {}, producer_paused=False)
            case cmd.CloseConsumer(consumer_id=name):
                _found(room.consumers, name)
                del room.consumers[name]
            case _:
                return self._over_pipe(room, command)
        return Done()

    def _over_pipe(self, room: ModelledRoom, command: Command[Any]) -> Reply:
        match command:
            case cmd.PipeOut(pipe_id=pipe_id, producer_id=name):
                _found(room.producers, name)
                _found(self.pipes, pipe_id)
                _fresh(room.outs, (pipe_id, name))
                room.outs.add((pipe_id, name))
                return cmd.PipedOut({}, "", [next(self._ssrcs)], paused=False, content="camera", priority=0)
            case cmd.PipeIn(pipe_id=pipe_id, producer_id=name):
                _found(self.pipes, pipe_id)
                _fresh(room.producers, name)
                room.producers[name] = pipe_id
            case cmd.SetPipeWanted(pipe_id=pipe_id, producer_id=name):
                _found(room.outs, (pipe_id, name))
            case cmd.StopPipeOut(pipe_id=pipe_id, producer_id=name):
                room.outs.discard((pipe_id, name))
            case _:
                raise AssertionError(f"not modelled: {command}")
        return Done()


def _found(table: Any, key: Any) -> Any:
    if key not in table:
        raise MediaError("NOT_FOUND", f"There is no {key}.")
    return table[key] if isinstance(table, dict) else key


def _fresh(table: Any, key: Any) -> None:
    if key in table:
        raise MediaError("CONFLICT", f"{key} exists already.")

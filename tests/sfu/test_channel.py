"""The socket between server and worker, both ends over a real pair of sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from sfu.channel import CommandLink, WorkerLink
from sfu.commands import Command, Done, MediaError, OpenRoom, Produced, Reply
from sfu.events import TransportStateChanged, WorkerEvent
from sfu.wire import FRAME_LIMIT, RefusalEnvelope, encode

CarryOut = Callable[[Command[Any]], Awaitable[Reply]]


class Pair:
    """A server's end with what it heard, and whatever is at the other end."""

    def __init__(self, link: CommandLink, heard: list[WorkerEvent], other: socket.socket) -> None:
        self.server = link
        self.heard = heard
        self.other = other
        self.worker: WorkerLink | None = None

    async def work(self, carry_out: CarryOut) -> WorkerLink:
        self.worker = WorkerLink(*await asyncio.open_unix_connection(sock=self.other), carry_out)
        return self.worker


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    ours, theirs = socket.socketpair()
    heard: list[WorkerEvent] = []
    streams = await asyncio.open_unix_connection(sock=ours)
    made = Pair(CommandLink(*streams, heard.append, timeout_s=0.2, pending_limit=3), heard, theirs)
    yield made
    if made.worker is not None:
        await made.worker.close()
    await made.server.close()
    theirs.close()


async def done(_command: Command[Any]) -> Reply:
    return Done()


async def never(_command: Command[Any]) -> Reply:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_command_is_answered(pair: Pair) -> None:
    await pair.work(done)
    assert await pair.server.ask(OpenRoom("a")) == Done()


async def test_commands_are_carried_out_in_the_order_they_were_asked(pair: Pair) -> None:
    seen: list[str] = []

    async def note(command: Command[Any]) -> Reply:
        seen.append(command.room_id)
        return Done()

    await pair.work(note)
    await asyncio.gather(*(pair.server.ask(OpenRoom(name)) for name in "abc"))
    assert seen == ["a", "b", "c"]


async def test_a_refusal_reaches_the_asker_with_its_code(pair: Pair) -> None:
    async def refuse(_command: Command[Any]) -> Reply:
        raise MediaError("NOT_FOUND", "The room is not open.")

    await pair.work(refuse)
    with pytest.raises(MediaError) as refusal:
        await pair.server.ask(OpenRoom("a"))
    assert (refusal.value.code, refusal.value.message) == ("NOT_FOUND", "The room is not open.")


async def test_a_worker_that_breaks_at_a_command_answers_and_lives_on(pair: Pair) -> None:
    async def once(command: Command[Any]) -> Reply:
        if command.room_id == "bad":
            raise ZeroDivisionError("secret detail")
        return Done()

    await pair.work(once)
    with pytest.raises(MediaError) as refusal:
        await pair.server.ask(OpenRoom("bad"))
    assert refusal.value.code == "UNAVAILABLE"
    assert "secret" not in refusal.value.message
    assert await pair.server.ask(OpenRoom("good")) == Done()


async def test_an_answer_of_the_wrong_shape_is_not_passed_off_as_right(pair: Pair) -> None:
    async def other(_command: Command[Any]) -> Reply:
        return Produced("simple")

    await pair.work(other)
    with pytest.raises(MediaError):
        await pair.server.ask(OpenRoom("a"))


async def test_events_come_up_in_order(pair: Pair) -> None:
    worker = await pair.work(done)
    events = [TransportStateChanged("a", str(i), "connected") for i in range(5)]
    for event in events:
        worker.tell(event)
    await pair.server.ask(OpenRoom("a"))
    assert pair.heard == events


async def test_a_silent_worker_is_given_up_on(pair: Pair) -> None:
    await pair.work(never)
    with pytest.raises(MediaError, match="does not answer"):
        await pair.server.ask(OpenRoom("a"))
    assert pair.server.pending == 0


async def test_no_more_commands_wait_than_the_limit(pair: Pair) -> None:
    await pair.work(never)
    waiting = [asyncio.create_task(pair.server.ask(OpenRoom("a"))) for _ in range(4)]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(result) for result in results].count("The media worker is overloaded.") == 1


async def test_a_cut_link_fails_every_waiting_command_at_once(pair: Pair) -> None:
    waiting = [asyncio.create_task(pair.server.ask(OpenRoom("a"))) for _ in range(3)]
    await asyncio.sleep(0)
    pair.other.close()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [(type(r), getattr(r, "code", "")) for r in results] == [(MediaError, "UNAVAILABLE")] * 3


async def test_a_closed_link_refuses_further_commands(pair: Pair) -> None:
    pair.other.close()
    await pair.server.wait_closed()
    with pytest.raises(MediaError, match="is gone"):
        await pair.server.ask(OpenRoom("a"))


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xff\xff\xff",
        (FRAME_LIMIT + 1).to_bytes(4, "big"),
        b"\0\0\0\4abcd",
        encode(RefusalEnvelope(1, "x", "y"))[:-1] + b"\xc1",
    ],
)
async def test_garbage_closes_the_link(pair: Pair, garbage: bytes) -> None:
    pair.other.sendall(garbage)
    await asyncio.wait_for(pair.server.wait_closed(), 5)


async def test_a_worker_leaves_when_its_server_talks_nonsense() -> None:
    ours, theirs = socket.socketpair()
    worker = WorkerLink(*await asyncio.open_unix_connection(sock=theirs), done)
    ours.sendall(encode(RefusalEnvelope(1, "NOT_FOUND", "a worker is asked, not answered")))
    await asyncio.wait_for(worker.wait_closed(), 5)
    await worker.close()
    ours.close()


async def test_an_answer_to_nobody_is_let_go(pair: Pair) -> None:
    pair.other.sendall(encode(RefusalEnvelope(99, "NOT_FOUND", "late")))
    await pair.work(done)
    assert await pair.server.ask(OpenRoom("a")) == Done()


async def test_an_end_that_does_not_read_loses_the_link_instead_of_our_memory() -> None:
    """Nothing reads `theirs`: what is told piles up in the sender until the limit."""
    ours, theirs = socket.socketpair()
    worker = WorkerLink(*await asyncio.open_unix_connection(sock=ours), done)
    big = TransportStateChanged("r", "t", "failed", "x" * 1_000_000)
    for _ in range(12):
        worker.tell(big)
    await asyncio.wait_for(worker.wait_closed(), 5)
    await worker.close()
    theirs.close()

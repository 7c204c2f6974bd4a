"""The unix socket between server and worker, both ends: commands down and answered, events up.

Each end owns one reading task. Whatever ends the link (end of stream, garbage, too slow a reader, `close()`) ends it
once: the server's pending commands fail with UNAVAILABLE, and `wait_closed()` returns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import structlog

from sfu.commands import Command, MediaError, Reply
from sfu.events import WorkerEvent
from sfu.wire import (
    AnyCommand,
    AnyEnvelope,
    CommandEnvelope,
    Envelope,
    EventEnvelope,
    FrameBuffer,
    RefusalEnvelope,
    ReplyEnvelope,
    WireError,
    encode,
)

READ_SIZE = 64 * 1024
WRITE_LIMIT = 8 * 1024 * 1024
"""Bytes waiting for the other end to read them; beyond, it is taken for hung and the link is closed."""
PENDING_LIMIT = 10_000
COMMAND_TIMEOUT_S = 10.0

R = TypeVar("R", bound=Reply)
log = structlog.get_logger()


class Link:
    """Frames over one stream: hands each received envelope to `receive`, in order."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        receive: Callable[[AnyEnvelope], Awaitable[None]],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._receive = receive
        self._closed = asyncio.Event()
        self._task = asyncio.create_task(self._read(), name="link")

    @property
    def closed(self) -> bool:
        return self._closed.is_set() or self._writer.is_closing()

    def send(self, envelope: Envelope) -> None:
        """Raises ConnectionError when the link is closed or closes because nobody reads, WireError when too long."""
        if self.closed:
            raise ConnectionError("the link is closed")
        frame = encode(envelope)
        if self._writer.transport.get_write_buffer_size() + len(frame) > WRITE_LIMIT:
            log.warning("link_reader_too_slow")
            self._writer.transport.abort()
            raise ConnectionError("the other end does not read")
        self._writer.write(frame)

    async def wait_closed(self) -> None:
        await self._closed.wait()

    async def close(self) -> None:
        """What was sent is still delivered to an end that reads. Idempotent."""
        self._writer.close()
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _read(self) -> None:
        frames = FrameBuffer()
        try:
            while data := await self._reader.read(READ_SIZE):
                for envelope in frames.feed(data):
                    await self._receive(envelope)
        except WireError as error:
            log.warning("link_garbage", error=str(error))
        except ConnectionError:
            pass  # the other end is gone: what the end of the stream says, too
        finally:
            self._writer.close()
            self._closed.set()


class CommandLink:
    """The server's end: asks commands, passes events on."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_event: Callable[[WorkerEvent], None],
        *,
        timeout_s: float = COMMAND_TIMEOUT_S,
        pending_limit: int = PENDING_LIMIT,
    ) -> None:
        self._on_event = on_event
        self._timeout_s = timeout_s
        self._pending_limit = pending_limit
        self._pending: dict[int, asyncio.Future[Reply]] = {}
        self._last_id = 0
        self._link = Link(reader, writer, self._received)
        self._watch = asyncio.create_task(self._fail_pending_when_closed(), name="command-link")

    @property
    def pending(self) -> int:
        return len(self._pending)

    @property
    def closed(self) -> bool:
        return self._link.closed

    async def ask(self, command: Command[R]) -> R:
        """Raises MediaError: what the worker refused it with, or UNAVAILABLE when it is gone, silent or overrun."""
        if len(self._pending) >= self._pending_limit:
            raise MediaError("UNAVAILABLE", "The media worker is overloaded.")
        self._last_id += 1
        number = self._last_id
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        try:
            self._link.send(CommandEnvelope(number, cast("AnyCommand", command)))
        except ConnectionError:
            raise MediaError("UNAVAILABLE", "The media worker is gone.") from None
        except WireError:
            raise MediaError("VALIDATION", "The request is too large.") from None
        self._pending[number] = answer
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await answer
        except TimeoutError:
            raise MediaError("UNAVAILABLE", "The media worker does not answer.") from None
        finally:
            self._pending.pop(number, None)
        if not isinstance(reply, command.reply):
            raise MediaError("UNAVAILABLE", "The media worker answered something else.")
        return cast("R", reply)

    async def wait_closed(self) -> None:
        await self._link.wait_closed()

    async def close(self) -> None:
        await self._link.close()
        await asyncio.wait([self._watch])

    async def _received(self, envelope: AnyEnvelope) -> None:
        match envelope:
            case ReplyEnvelope(id=number, reply=reply):
                self._settle(number, lambda answer: answer.set_result(reply))
            case RefusalEnvelope(id=number, code=code, message=message):
                self._settle(number, lambda answer: answer.set_exception(MediaError(code, message)))
            case EventEnvelope(event=event):
                self._on_event(event)
            case _:
                raise WireError("a worker does not send commands")

    def _settle(self, number: int, settle: Callable[[asyncio.Future[Reply]], None]) -> None:
        """An unknown number is the answer to a command whose asker has given up."""
        answer = self._pending.pop(number, None)
        if answer is not None and not answer.done():
            settle(answer)

    async def _fail_pending_when_closed(self) -> None:
        await self._link.wait_closed()
        for number in list(self._pending):
            self._settle(
                number,
                lambda answer: answer.set_exception(MediaError("UNAVAILABLE", "The media worker is gone.")),
            )


class WorkerLink:
    """The worker's end: carries commands out one after the other and answers each exactly once."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        carry_out: Callable[[Command[Any]], Awaitable[Reply]],
    ) -> None:
        self._carry_out = carry_out
        self._link = Link(reader, writer, self._received)

    def tell(self, event: WorkerEvent) -> None:
        """Silently nothing once the link is closed: nobody is left to tell."""
        try:
            self._link.send(EventEnvelope(event))  # type: ignore[arg-type]  # the union of all events
        except ConnectionError:
            log.debug("event_untold", kind=type(event).__name__)

    async def wait_closed(self) -> None:
        await self._link.wait_closed()

    async def close(self) -> None:
        await self._link.close()

    async def _received(self, envelope: AnyEnvelope) -> None:
        if not isinstance(envelope, CommandEnvelope):
            raise WireError("a server sends nothing but commands")
        answer = await self._answer(envelope)
        try:
            self._link.send(answer)
        except WireError:
            self._link.send(RefusalEnvelope(envelope.id, "CAPACITY_EXCEEDED", "The answer is too large."))

    async def _answer(self, envelope: CommandEnvelope) -> Envelope:
        try:
            reply = await self._carry_out(envelope.command)
        except MediaError as error:
            return RefusalEnvelope(envelope.id, error.code, error.message)
        except Exception:
            log.exception("command_failed", command=type(envelope.command).__name__)
            return RefusalEnvelope(envelope.id, "UNAVAILABLE", "The media worker failed at this.")
        return ReplyEnvelope(envelope.id, reply)  # type: ignore[arg-type]  # the union of all replies

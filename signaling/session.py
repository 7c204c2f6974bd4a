"""One signaling connection: its requests in order, one at a time, by one task."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from signaling.errors import ErrorCode, FloodError, SignalingError
from signaling.identity import Identity
from signaling.messages.catalogue import SESSION_REPLACED
from signaling.messages.model import Told
from signaling.messages.room import SessionReplaced

if TYPE_CHECKING:
    from signaling.lobby import Waiting
    from signaling.participant import Participant

INBOX_LIMIT: Final = 256
INBOX_RETRY_S: Final = 0.5
log = structlog.get_logger(__name__)

Job = Callable[[], Awaitable[None]]


class Line(Protocol):
    """The way to one client. Neither call waits, and both are safe once the client is gone."""

    def tell(self, event: str, told: Told) -> None: ...

    def hang_up(self, reason: str) -> None: ...


class NoLine:
    """Of somebody who is waited for from the beginning."""

    def tell(self, event: str, told: Told) -> None:
        """Nobody hears it."""

    def hang_up(self, reason: str) -> None:
        """There is nothing to hang up."""


class Asked(Protocol):
    """A request as it came in, to be answered exactly once."""

    @property
    def event(self) -> str: ...

    @property
    def payload(self) -> object:
        """The one argument; an empty object when there was none. Raises SignalingError VALIDATION for anything else."""
        ...

    def reply(self, event: str, told: Told) -> None: ...

    def refuse(self, error: SignalingError) -> None: ...


@dataclass(frozen=True, slots=True)
class Work:
    """What a session does: serve a request (true when it was not refused), and clear up when it ends."""

    serve: Callable[[Session, Asked], Awaitable[bool]]
    leave: Callable[[Session, str], Awaitable[None]]
    absent: Callable[[Session], Awaitable[float]]
    """The connection was lost: how long its participant is waited for, 0 for not at all."""


class Gate(Protocol):
    """What somebody may still ask. `admit` raises SignalingError, and FloodError when the connection has to end."""

    def admit(self, event: str) -> None: ...

    def refused(self, event: str, reason: str) -> None: ...


class Session:
    """A connection with its ordered inbox. `participant` is set between joining and leaving a room.

    `waiting` while they are in a lobby, and after they were let in until they join. `lost` once the connection is gone:
    the session goes on without, for as long as its participant is waited for. `gate` is the participant's: whoever
    comes back goes through the one they had, and a new connection brings nothing new to spend.
    """

    def __init__(
        self,
        session_id: str,
        identity: Identity,
        line: Line,
        work: Work,
        gate: Gate,
        *,
        client: str | None = None,
        address: str = "",
    ) -> None:
        self.id = session_id
        self.identity = identity
        self.client = client
        self.address = address
        self.participant: Participant | None = None
        self.waiting: Waiting | None = None
        self._line = line
        self._work = work
        self.gate = gate
        self._inbox: asyncio.Queue[Job | None] = asyncio.Queue()
        self._posted: deque[Job] = deque()
        self._deferred: list[Callable[[], None]] = []
        self._ending: str | None = None
        self._released = False
        self._done = asyncio.Event()
        self._patience: asyncio.TimerHandle | None = None
        self.lost = False

    def offer(self, asked: Asked) -> None:
        """Take a request into the inbox, or refuse it with RATE_LIMITED: too many came, or wait to be answered."""
        if self._ending is not None or self.lost:
            return
        if self._admits(asked, full=self._inbox.qsize() >= INBOX_LIMIT):
            gate = self.gate
            self._inbox.put_nowait(lambda: self._serve(asked, gate))

    def _admits(self, asked: Asked, *, full: bool = False) -> bool:
        """Whether it may be asked; who may not has been told so."""
        try:
            self.gate.admit(asked.event)
            if full:
                self.gate.refused(asked.event, "inbox_full")
                raise _full()
        except SignalingError as error:
            asked.refuse(error)
            return False
        except FloodError:
            self.hang_up("flooding")
            return False
        return True

    def post(self, job: Job) -> None:
        """Have our own work done in turn with the requests. The one who posts bounds how often."""
        if self._ending is None or self._released:
            self._posted.append(job)
            self._inbox.put_nowait(self._do_posted)

    def after_reply(self, deed: Callable[[], None]) -> None:
        """Do this once the request being served is answered; never, if it is refused."""
        self._deferred.append(deed)

    def tell(self, event: str, told: Told) -> None:
        if not self.lost:
            self._line.tell(event, told)

    def hang_up(self, reason: str) -> None:
        if not self.lost:
            self._line.hang_up(reason)

    def lose(self) -> None:
        """The connection is gone. What waits unanswered is dropped; what is being served is finished."""
        if self._ending is None and not self.lost:
            self.lost = True
            self._inbox.put_nowait(self._wait)

    def replace(self) -> None:
        """Another connection carries the participant on: this one is told, and closed."""
        self._line.tell(SESSION_REPLACED, SessionReplaced())
        self._line.hang_up("replaced")
        self.lost = True

    async def release_to(self, successor: Session) -> None:
        """End without leaving: returns once the task does nothing more, and the participant may be the successor's.

        What was posted and not done by then is the successor's to do. If it was ending already, they may have left.
        """
        if self._ending is None:
            self._released = True
            self.end("resumed")
        await self._done.wait()
        while self._posted:
            successor.post(self._posted.popleft())

    @property
    def ending(self) -> bool:
        return self._ending is not None

    def end(self, reason: str) -> None:
        """No further request is begun; the one being served is finished, then the participant leaves. Once."""
        if self._ending is None:
            self._ending = reason
            self._inbox.put_nowait(None)

    async def run(self) -> None:
        """Serve until `end`. Whatever happens, the participant has left, or was released, when this returns."""
        try:
            while (job := await self._inbox.get()) is not None and self._ending is None:
                await self._attempt(job)
        finally:
            if self._patience is not None:
                self._patience.cancel()
            try:
                if not self._released:
                    await self._work.leave(self, self._ending or "server_stopping")
            finally:
                self._done.set()

    async def _wait(self) -> None:
        patience_s = await self._work.absent(self)
        if patience_s > 0 and self._ending is None:
            self._patience = asyncio.get_running_loop().call_later(patience_s, self.end, "connection_lost")
        else:
            self.end("disconnected")

    async def _do_posted(self) -> None:
        await self._posted.popleft()()

    async def _serve(self, asked: Asked, gate: Gate) -> None:
        if self.lost:
            return
        # It was asked right behind the join that brought them back to the gate they had.
        if gate is not self.gate and not self._admits(asked):
            return
        self._deferred.clear()
        if await self._work.serve(self, asked):
            for deed in self._deferred:
                deed()

    async def _attempt(self, job: Job) -> None:
        try:
            await job()
        except Exception:
            log.exception("session_job_failed", socket_id=self.id)


def _full() -> SignalingError:
    return SignalingError(ErrorCode.RATE_LIMITED, "Too many requests are waiting to be answered.", INBOX_RETRY_S)

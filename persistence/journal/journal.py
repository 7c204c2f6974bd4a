"""The journal: where an event becomes durable before the database has heard of it.

One thread writes. Whatever was handed in while it synced goes into its next write, so that a busy server pays for one
sync and not for one an event (group commit). Everything else here runs on the event loop.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import structlog

from persistence.errors import JournalFailedError, JournalFullError, StoreClosedError

from .record import Record, encode
from .segments import Disk, Segments

_SEGMENT_BYTES: Final = 16 << 20

Kept = Callable[[int, int], None]
"""Told where a record begins and where it ends."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class JournalLimits:
    """`max_bytes` bounds the files together; `segment_bytes` is when a new one begins, at most half of that."""

    max_bytes: int = 512 << 20
    segment_bytes: int = _SEGMENT_BYTES

    def __post_init__(self) -> None:
        if not 0 < self.segment_bytes * 2 <= self.max_bytes:
            raise ValueError("a segment takes at most half of the journal")

    @classmethod
    def within(cls, max_bytes: int) -> Self:
        return cls(max_bytes, min(_SEGMENT_BYTES, max_bytes // 8))


@dataclass(slots=True, eq=False)
class _Append:
    data: bytes
    done: asyncio.Future[int]
    kept: Kept | None = None


class Journal:
    """Durable, ordered, bounded. Positions are bytes and only ever grow.

    `durable` is the position up to which everything may be read and applied. `on_durable` is called on the loop each
    time it moved.
    """

    def __init__(self, segments: Segments, limits: JournalLimits, loop: asyncio.AbstractEventLoop) -> None:
        self._segments = segments
        self._limits = limits
        self._loop = loop
        self._wake = threading.Condition()
        self._pending: list[_Append] = []
        self._forgetting: list[asyncio.Future[None]] = []
        self._applied = 0
        self._closing = False
        self._ended = False
        self._admitted = segments.end
        self._first = segments.first
        self._thread = threading.Thread(target=self._write_groups, name="journal", daemon=True)
        self.durable = segments.end
        self.groups = 0
        self.failures = 0
        self.refused = 0
        self.last_failure: str | None = None
        self.on_durable: Callable[[int], None] = lambda _appends: None

    @classmethod
    def open(cls, directory: Path, *, limits: JournalLimits, loop: asyncio.AbstractEventLoop, disk: Disk) -> Self:
        """Take hold of the directory.

        Blocks; call `recover` before anything else. Raises `StartRefusedError`, `OSError`.
        """
        return cls(Segments(directory, segment_bytes=limits.segment_bytes, disk=disk), limits, loop)

    @property
    def journal_id(self) -> str:
        return self._segments.journal_id

    @property
    def newest(self) -> int:
        """Where the newest file that has anything in it begins."""
        return self._segments.newest

    @property
    def bytes_on_disk(self) -> int:
        return self.durable - self._first

    @property
    def fill(self) -> float:
        """How much of what the files may hold together is taken, 0 to 1."""
        return self.bytes_on_disk / self._limits.max_bytes

    @property
    def may_recover(self) -> bool:
        """The last write failed, and the next may succeed: not so after a sync that failed."""
        return self.last_failure is not None and not self._segments.abandoned and not self._closing

    def recover(self, applied: int) -> int:
        """Repair what a crash left and begin to take events. Blocks. Returns the position to apply from."""
        position = self._segments.recover(applied)
        self.durable = self._admitted = self._segments.end
        self._applied, self._first = position, self._segments.first
        self._thread.start()
        return position

    async def append(self, body: bytes, *, kept: Kept | None = None) -> int:
        """Returns the position after the record once it is synced. `kept` is told where the record lies before anybody
        can read it, and whether or not the caller still waits.

        Raises `JournalFullError`, `JournalFailedError` or `StoreClosedError` with nothing acknowledged, `ValueError`
        for a body no record holds. A caller that is cancelled leaves its record to its fate: it may be stored.
        """
        append = _Append(encode(body), self._loop.create_future(), kept)
        with self._wake:
            if self._closing:
                raise StoreClosedError("the server is closing")
            if self._admitted + len(append.data) - self._first > self._limits.max_bytes:
                self.refused += 1
                raise JournalFullError("too many events wait for the database")
            self._admitted += len(append.data)
            self._pending.append(append)
            self._wake.notify()
        return await append.done

    def read(self, position: int, *, count: int) -> list[Record]:
        """Up to `count` durable records from `position`. Blocks."""
        return self._segments.read(position, limit=self.durable, count=count)

    def applied(self, position: int) -> None:
        """Everything before `position` is in the database; files wholly before it are removed by the journal's
        thread.
        """
        with self._wake:
            self._applied = position
            self._wake.notify()

    async def forget_applied(self) -> None:
        """Returns once no file holds anything that was applied when this was called.

        Files are else removed when they have grown, and until then hold what the database has.
        """
        forgotten: asyncio.Future[None] = self._loop.create_future()
        with self._wake:
            if not self._thread.is_alive():
                return
            self._forgetting.append(forgotten)
            self._wake.notify()
        await forgotten

    def problem(self) -> str | None:
        """None while events can be taken, else why not."""
        if self._closing:
            return "the journal is closing"
        if self.last_failure is not None:
            return f"the journal could not be written ({self.last_failure})"
        return None

    async def seal(self) -> None:
        """Take nothing more and sync what was handed in. Every `append` has its answer afterwards."""
        last = _Append(b"", self._loop.create_future())
        with self._wake:
            self._closing = True
            if self._thread.is_alive():
                self._pending.append(last)
            else:
                last.done.set_result(self.durable)
            self._wake.notify()
        await last.done

    async def close(self) -> None:
        """Seal, end the thread, let go of the files."""
        await self.seal()
        with self._wake:
            self._ended = True
            self._wake.notify()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._segments.close)

    def _write_groups(self) -> None:
        seen = 0
        while True:
            with self._wake:
                while not (self._pending or self._forgetting or self._ended) and self._applied == seen:
                    self._wake.wait()
                group, self._pending = self._pending, []
                forgetting, self._forgetting = self._forgetting, []
                seen, ended = self._applied, self._ended
            if group:
                self._commit(group)
            if forgetting:
                self._begin_anew()
            self._discard(seen)
            self._tell_forgotten(forgetting)
            if ended and not group:
                return

    def _commit(self, group: list[_Append]) -> None:
        error: OSError | None = None
        data = b"".join(append.data for append in group)
        try:
            if data:
                self._segments.append(data)
        except OSError as caught:
            error = caught
        self._tell(group, self._segments.end, error)

    def _discard(self, position: int) -> None:
        try:
            self._segments.discard_before(position)
        except OSError as error:
            log.warning("could not remove an applied journal file", errno=error.errno)
        with self._wake:
            self._first = self._segments.first

    def _begin_anew(self) -> None:
        try:
            self._segments.begin_anew()
        except OSError as error:
            log.warning("could not begin a new journal file", errno=error.errno)

    def _tell_forgotten(self, forgetting: list[asyncio.Future[None]]) -> None:
        for forgotten in forgetting:
            with suppress(RuntimeError):  # the loop ended before the journal
                self._loop.call_soon_threadsafe(_settle_once, forgotten)

    def _tell(self, group: list[_Append], end: int, error: OSError | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._settle, group, end, error)
        except RuntimeError:
            log.warning("the loop ended before the journal", events=len(group))

    def _settle(self, group: list[_Append], end: int, error: OSError | None) -> None:
        if error is not None:
            self.failures += 1
            if (
                self.last_failure is None
            ):  # not for each of the thousands that may follow: the disk may hold the log too
                log.error("the journal could not be written", errno=error.errno, appends=len(group))
            self.last_failure = os.strerror(error.errno) if error.errno else "closed after a failed sync"
            with self._wake:
                self._admitted -= sum(len(append.data) for append in group)
        else:
            if self.last_failure is not None:
                log.info("the journal is written again", failures=self.failures)
            self.groups += 1
            self.durable, self.last_failure = end, None
            self.on_durable(len(group))
        position = end - sum(len(append.data) for append in group)
        for append in group:
            begin, position = position, position + len(append.data)
            if error is None and append.kept is not None:
                append.kept(begin, position)
            if append.done.done():
                continue
            if error is None:
                append.done.set_result(position)
            else:
                append.done.set_exception(JournalFailedError("the event could not be written to disk"))


def _settle_once(forgotten: asyncio.Future[None]) -> None:
    if not forgotten.done():
        forgotten.set_result(None)

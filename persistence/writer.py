"""From the journal into the database:

in order, in batches, again after faults that pass, aside after those that stay.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random
from time import monotonic

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .apply import apply
from .dead_letters import set_aside
from .dialect import insert_into
from .errors import StoreBehindError
from .faults import backoff_s, is_transient
from .journal import Journal
from .journal_entry import Entry, decode_events
from .tables import JournalPositionRow
from .writer_metrics import WriterMetrics

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """A batch goes out when `batch_records` wait or the first has waited `batch_delay_s`, or when somebody asks
    (EVT-6).

    A transaction that takes longer than `transaction_timeout_s` is given up and tried again. After `stall_after_s`
    without progress the writer calls itself stalled.
    """

    batch_records: int = 256
    batch_delay_s: float = 1.0
    transaction_timeout_s: float = 30.0
    retry_base_s: float = 0.1
    retry_cap_s: float = 10.0
    stall_after_s: float = 30.0


class Writer:
    """Owns the one task that writes events. `position` is where the journal is applied up to, in the database.

    `on_stored` is called each time it moved.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        journal: Journal,
        position: int,
        *,
        options: WriterOptions,
        clock: Callable[[], datetime],
        rng: Random,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._options = options
        self._clock = clock
        self._rng = rng
        self._waiting = 0
        self._arrived = asyncio.Event()
        self._hurried = asyncio.Event()
        self._moved = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._progress_at = monotonic()
        self.position = position
        self.metrics = WriterMetrics()
        self.on_stored: Callable[[], None] = lambda: None

    def start(self) -> None:
        self._journal.on_durable = self._hear
        self._hear(0)
        self._task = asyncio.create_task(self._run(), name="persistence writer")

    async def stop(self, *, within_s: float) -> None:
        """Apply what is durable if the database lets us in that time.

        The rest stays in the journal for the next start.
        """
        self._stopping = True
        self._arrived.set()
        self._hurried.set()
        if self._task is None:
            return
        done, _ = await asyncio.wait([self._task], timeout=within_s)
        if not done:
            log.warning("closing with events left in the journal", bytes=self._journal.durable - self.position)
            self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def caught_up(self, position: int, *, within_s: float) -> None:
        """Returns once everything before `position` is in the database. Raises `StoreBehindError` after `within_s`."""
        try:
            async with asyncio.timeout(within_s):
                while self.position < position:
                    self._hurried.set()
                    await self._moved.wait()
        except TimeoutError as error:
            raise StoreBehindError("the database is behind; try again") from error

    def problem(self) -> str | None:
        """The watchdog's word: None while events flow or none wait."""
        if self._task is None or self._task.done():
            return "the event writer does not run"
        if self.position < self._journal.durable:
            still_s = monotonic() - self._progress_at
            if still_s > self._options.stall_after_s:
                return f"the event writer has made no progress for {still_s:.0f} s"
        return None

    def _hear(self, appends: int) -> None:
        if self._waiting == 0:
            self._progress_at = monotonic()
        self._waiting += appends
        self._arrived.set()
        if self._waiting >= self._options.batch_records:
            self._hurried.set()

    async def _run(self) -> None:
        while True:
            await self._wait_for_batch()
            while self.position < self._journal.durable:
                await self._keep_going(self._apply_next)
            if self._stopping:
                return
            self._waiting = 0
            self._hurried.clear()

    async def _wait_for_batch(self) -> None:
        while self.position >= self._journal.durable and not self._stopping:
            self._arrived.clear()
            await self._arrived.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.batch_delay_s):
                await self._hurried.wait()

    async def _keep_going(self, step: Callable[[], Awaitable[None]]) -> None:
        """Try a step until it succeeds: events are in the journal and nowhere else, so giving up would lose them."""
        attempt = 0
        while True:
            try:
                return await step()
            except Exception:  # whatever it is, the writer must outlive it and say so
                log.exception("the event writer stumbled", attempt=attempt)
                self.metrics.stumbles += 1
            await self._pause(attempt)
            attempt += 1

    async def _apply_next(self) -> None:
        records = await asyncio.to_thread(self._journal.read, self.position, count=self._options.batch_records)
        end = records[-1].end
        entries = [entry for record in records for entry in decode_events(record, self._journal.journal_id)]
        began = monotonic()
        try:
            await self._retry(partial(self._store, entries, end))
        except Exception as error:  # noqa: BLE001 - one event's fault must not become the fault of all
            log.warning("a batch failed, going on one by one", error=type(error).__name__, events=len(entries))
            await self._apply_one_by_one(entries, end)
        self.metrics.observe_batch(monotonic() - began)
        self._advance(end)

    async def _apply_one_by_one(self, entries: Sequence[Entry], end: int) -> None:
        for entry in entries:
            try:
                await self._retry(partial(self._store, [entry]))
            except Exception as error:  # noqa: BLE001 - this event stays, the others go on
                await self._retry(partial(self._set_aside, entry, f"{type(error).__name__}: {error}"))
        await self._retry(partial(self._store, [], end))

    async def _retry(self, transaction: Callable[[], Awaitable[None]]) -> None:
        attempt = 0
        while True:
            try:
                async with asyncio.timeout(self._options.transaction_timeout_s):
                    return await transaction()
            except Exception as error:
                if not is_transient(error):
                    raise
                self.metrics.retries += 1
                log.warning("the database refused for now", error=type(error).__name__, attempt=attempt)
            await self._pause(attempt)
            attempt += 1

    async def _store(self, entries: Sequence[Entry], end: int | None = None) -> None:
        now = self._clock()
        unreadable = [entry for entry in entries if entry.event is None]
        async with self._engine.begin() as connection:
            applied = await apply(connection, [entry.event for entry in entries if entry.event], now=now)
            for entry in unreadable:
                await set_aside(connection, entry, entry.problem or "unreadable", now=now)
            if end is not None:
                await self._keep_position(connection, end, now)
        self.metrics.stored += applied.stored
        self.metrics.duplicates += applied.duplicates
        self.metrics.set_aside += len(unreadable)

    async def _set_aside(self, entry: Entry, reason: str) -> None:
        async with self._engine.begin() as connection:
            await set_aside(connection, entry, reason, now=self._clock())
        self.metrics.set_aside += 1

    async def _keep_position(self, connection: AsyncConnection, end: int, now: datetime) -> None:
        statement = insert_into(connection, JournalPositionRow)
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=[JournalPositionRow.journal_id],
                set_={"position": statement.excluded.position, "applied_at": statement.excluded.applied_at},
            ),
            {"journal_id": self._journal.journal_id, "position": end, "applied_at": now},
        )

    async def _pause(self, attempt: int) -> None:
        await asyncio.sleep(
            backoff_s(attempt, base_s=self._options.retry_base_s, cap_s=self._options.retry_cap_s, rng=self._rng)
        )

    def _advance(self, end: int) -> None:
        self.position = end
        self._progress_at = monotonic()
        self._journal.applied(end)
        self.on_stored()
        self._moved.set()
        self._moved = asyncio.Event()

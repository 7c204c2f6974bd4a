"""From the journal into the database:

in order, in batches, again after faults that pass, aside after those that stay.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random
from time import monotonic
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from .backlog import Backlog, Part
from .batch import Batches, HeldUp, Outcome, by_meeting
from .errors import StoreBehindError
from .faults import backoff_s, fault_of, is_transient
from .journal import Journal
from .journal_entry import Entry
from .lag import Lag
from .underway import Underway
from .writer_metrics import WriterMetrics

MOST_HELD_UP: Final = 64
"""Meetings that are remembered to be held up, so that the next batch does not wait for them as long as the first."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """A batch goes out when `batch_events` wait or the first has waited `batch_delay_s`, or when somebody asks
    (EVT-6); of `slice_events` while others wait to write to SQLite, where one may at a time.

    A transaction that takes longer than `transaction_timeout_s` is given up and tried again. The pauses between tries
    grow from `retry_base_s` to `retry_cap_s`. What failed `patience` times of what may pass, while the database
    answers, is stored by meetings: each in `alone_timeout_s`, and set aside after `alone_tries`.
    """

    batch_events: int = 4000
    batch_delay_s: float = 0.25
    slice_events: int = 100
    transaction_timeout_s: float = 30.0
    patience: int = 3
    alone_timeout_s: float = 10.0
    alone_tries: int = 5
    retry_base_s: float = 0.1
    retry_cap_s: float = 5.0


class Writer:
    """Owns the one task that writes events. `position` is where the journal is applied up to, in the database.

    `on_stored` is called each time it moved. Events that are told to `underway` are not read back from the journal.
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
        self._batches = Batches(engine, journal.journal_id, clock=clock)
        self.underway = Underway(journal.durable, applied=lambda: self.position)
        self._backlog = Backlog(journal, position, batch=options.batch_events, kept=self.underway.at)
        self._size = options.batch_events
        self._journal = journal
        self._options = options
        self._rng = rng
        self._lag = Lag()
        self._held_up: deque[str] = deque(maxlen=MOST_HELD_UP)
        self._waiting = 0
        self._asked = 0
        self._arrived = asyncio.Event()
        self._hurried = asyncio.Event()
        self._moved = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
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
            log.warning("closing with events left in the journal", bytes=self.backlog_bytes)
            self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._backlog.close()

    async def caught_up(self, position: int, *, within_s: float) -> None:
        """Returns once everything before `position` is in the database. Raises `StoreBehindError` after `within_s`."""
        try:
            async with asyncio.timeout(within_s):
                while self.position < position:
                    self._asked = max(self._asked, position)
                    self._hurried.set()
                    await self._moved.wait()
        except TimeoutError as error:
            raise StoreBehindError("the database is behind; try again") from error

    @property
    def lag_s(self) -> float:
        """For how long the oldest durable event has waited for the database; 0 when none does."""
        return self._lag.seconds(monotonic())

    @property
    def backlog_bytes(self) -> int:
        return self._journal.durable - self.position

    def problem(self) -> str | None:
        if self._task is None or self._task.done():
            return "the event writer does not run"
        return None

    def _hear(self, appends: int) -> None:
        if self._journal.durable > self.position:
            self._lag.durable(self._journal.durable, monotonic())
        self._waiting += appends
        self._arrived.set()
        if self._is_due():
            self._hurried.set()

    async def _run(self) -> None:
        while True:
            await self._wait_for_batch()
            if self.position < self._journal.durable:
                await self._keep_going(self._apply_next)
            elif self._stopping:
                return

    def _is_due(self) -> bool:
        """A full batch waits, or somebody does: for an answer, or for the end."""
        return self._waiting >= self._options.batch_events or self._asked > self.position or self._stopping

    async def _wait_for_batch(self) -> None:
        while self.position >= self._journal.durable and not self._stopping:
            self._arrived.clear()
            await self._arrived.wait()
        if not self._is_due():
            self._hurried.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._options.batch_delay_s - self.lag_s):
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
        began = monotonic()
        part = await self._backlog.first(self._size)
        outcome = await self._store(part)
        self.metrics.observe(outcome, monotonic() - began)
        self._waiting = max(0, self._waiting - part.records)
        self._backlog.drop(part.end)
        self._advance(part.end)
        self._fit_size()
        await asyncio.sleep(0)  # whoever waits to write takes the turn that is free now

    async def _store(self, part: Part) -> Outcome:
        """One event's fault must not become the fault of all, nor one meeting's."""
        if not by_meeting(part.entries).keys().isdisjoint(self._held_up):
            return await self._store_around(part)
        try:
            return await self._retry(partial(self._batches.store, part.entries, part.end), self._options.patience)
        except Exception as error:  # noqa: BLE001 - whatever it is of
            log.warning("a batch failed, going on by meetings", error=type(error).__name__, events=len(part.entries))
            if is_transient(error):
                return await self._store_around(part)
        return await self._retry(partial(self._batches.store_apart, part.entries, part.end))

    async def _store_around(self, part: Part) -> Outcome:
        """A transaction for each meeting, and what is still held up after some tries is set aside.

        Only while others can be stored: a database that takes nothing is waited for.
        """
        outcome, stays = Outcome(), list[Entry]()
        left, attempt = by_meeting(part.entries), 0
        while True:
            held_up = await self._store_each(left, outcome, stays)
            if not held_up:
                break
            left = {one.meeting_id: list(one.entries) for one in held_up}
            attempt += 1
            enough = 1 if left.keys() <= set(self._held_up) else self._options.alone_tries
            of_one = all(one.fault.may_be_of_one for one in held_up)
            if attempt >= enough and of_one and await self._others_are_stored():
                break
            await self._pause(attempt)
        for one in held_up:
            log.error("a meeting is held up", meeting_id=one.meeting_id, events=len(one.entries), fault=one.fault)
            if one.meeting_id not in self._held_up:
                self._held_up.append(one.meeting_id)
        outcome.add(await self._retry(partial(self._batches.store_apart, stays, part.end, held_up)))
        return outcome

    async def _store_each(
        self, meetings: Mapping[str, list[Entry]], outcome: Outcome, stays: list[Entry]
    ) -> list[HeldUp]:
        held_up = []
        for meeting_id, entries in sorted(meetings.items()):
            try:
                async with asyncio.timeout(self._options.alone_timeout_s):
                    outcome.add(await self._batches.store_ahead(entries))
            except Exception as error:  # noqa: BLE001 - the other meetings go on
                if is_transient(error):
                    self.metrics.retries += 1
                    held_up.append(HeldUp(meeting_id, entries, fault_of(error)))
                else:
                    stays += entries
            else:
                if meeting_id in self._held_up:
                    self._held_up.remove(meeting_id)
        return held_up

    async def _others_are_stored(self) -> bool:
        try:
            async with asyncio.timeout(self._options.alone_timeout_s):
                await self._batches.try_another()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not one meeting's
            log.warning("the database takes nothing", fault=fault_of(error))
            return False
        return True

    def _fit_size(self) -> None:
        """A slice at a time while others wait to write, which they do for as long as a transaction takes."""
        if self._batches.others_waited:
            self._size = min(self._options.slice_events, self._options.batch_events)
        else:
            self._size = min(2 * self._size, self._options.batch_events)

    async def _retry(self, transaction: Callable[[], Awaitable[Outcome]], patience: int | None = None) -> Outcome:
        """Until it succeeds, or raises what stays; with `patience`, also what may pass and came so often.

        Only of faults that can be one meeting's, and while others could be stored.
        """
        attempt = failed = 0
        while True:
            try:
                async with asyncio.timeout(self._options.transaction_timeout_s):
                    return await transaction()
            except Exception as error:
                if not is_transient(error):
                    raise
                self.metrics.retries += 1
                log.warning("the database refused for now", fault=fault_of(error), attempt=attempt)
                failed += fault_of(error).may_be_of_one
                if patience is not None and failed >= patience and await self._others_are_stored():
                    raise
            await self._pause(attempt)
            attempt += 1

    async def _pause(self, attempt: int) -> None:
        await asyncio.sleep(
            backoff_s(attempt, base_s=self._options.retry_base_s, cap_s=self._options.retry_cap_s, rng=self._rng)
        )

    def _advance(self, end: int) -> None:
        self.position = end
        self._lag.applied(end)
        self._journal.applied(end)
        self.on_stored()
        self._moved.set()
        self._moved = asyncio.Event()

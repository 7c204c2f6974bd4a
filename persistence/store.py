"""The whole module behind one door: opened once, handed to whoever emits or asks, closed once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from typing import Self

import structlog
import uuid_utils
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from config.record import RecordSettings

from .catching_up import LastFacts
from .change import Changes
from .database import ANSWER_TIMEOUT_S, create_engine, recording, require_durability, translated
from .emitter import Emitter
from .erasure import Erasure
from .event_clock import EventClock, moments_of
from .failed_events import FailedEvents
from .feed import Feed
from .history import History
from .ingest import Ingest
from .journal import Disk, Journal, JournalLimits
from .journal_entry import decode_events
from .measures import Labelled, Measures
from .migrations import migrate, require_migrated
from .queries import Queries
from .repositories import (
    Alerts,
    Blocks,
    Chats,
    Leases,
    Meetings,
    Polls,
    RevokedTokens,
    Runs,
    SignIns,
    Users,
    WebhookProgress,
    Webhooks,
)
from .retention import Retention
from .tables import JournalPositionRow
from .watchdog import Watchdog
from .writer import Writer, WriterOptions

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_event_id() -> str:
    """A UUID version 7: unique everywhere, sorted by time, increasing within this process."""
    return str(uuid_utils.uuid7())


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """`read_wait_s` bounds how long a question waits for the writer, `close_wait_s` how long closing does.

    A record that is `behind_after_s` behind the journal is worth a warning, and not ready. Without `migrate` the tables
    have to be there.
    """

    journal: JournalLimits = field(default_factory=JournalLimits)
    writer: WriterOptions = field(default_factory=WriterOptions)
    disk: Disk = field(default_factory=Disk)
    read_wait_s: float = 5.0
    close_wait_s: float = 10.0
    behind_after_s: float = 10.0
    busy_timeout_ms: int = 5000
    migrate: bool = True

    @classmethod
    def of(cls, settings: RecordSettings, *, migrate: bool = True) -> Self:
        writer = WriterOptions(
            batch_events=settings.batch_events,
            batch_delay_s=settings.batch_delay_s,
            slice_events=settings.slice_events,
            transaction_timeout_s=settings.transaction_timeout_s,
            retry_base_s=settings.retry_base_s,
            retry_cap_s=settings.retry_cap_s,
        )
        return cls(
            journal=JournalLimits.within(settings.journal_max_bytes),
            writer=writer,
            read_wait_s=settings.read_wait_s,
            behind_after_s=settings.behind_after_s,
            migrate=migrate,
        )


class Store:
    """Lifecycle events in, durable rows out. One to a process and data directory."""

    def __init__(
        self,
        engine: AsyncEngine,
        journal: Journal,
        writer: Writer,
        *,
        options: StoreOptions,
        clock: Callable[[], datetime],
        event_clock: EventClock,
        rng: Random,
        errors: Counter[str],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._journal = journal
        self._writer = writer
        self._options = options
        self._errors = errors
        self._watchdog = Watchdog(journal, writer, behind_after_s=options.behind_after_s)
        self._last_facts = LastFacts(journal.durable, applied=lambda: writer.position)
        self.emitter = Emitter(
            journal, clock=event_clock, new_id=new_event_id, note=self._last_facts.note, kept=writer.underway.keep
        )
        caught_up = partial(writer.caught_up, within_s=options.read_wait_s)
        self.ingest = Ingest(engine, self.emitter, underway=writer.underway, applied=caught_up)
        self.feed = Feed(engine)
        writer.on_stored = self.feed.hear
        changes = Changes(engine, wrap=self.emitter.wrap, clock=clock, on_stored=self.feed.hear)
        self._changes = changes
        self.meetings = Meetings(engine, changes, clock=clock, rng=rng, catch_up=self.flush)
        self.blocks = Blocks(engine, catch_up=self.flush)
        self.chats = Chats(engine, catch_up=self.flush)
        self.runs = Runs(engine, catch_up=self.flush)
        self.polls = Polls(engine, catch_up=self.flush)
        self.queries = Queries(engine, catch_up=self.flush)
        self.history = History(engine, catch_up=self.flush)
        self.failed_events = FailedEvents(engine, changes, clock=clock, on_stored=self.feed.hear)
        self.users = Users(engine, changes, clock=clock)
        self.sign_ins = SignIns(engine, clock=clock)
        self.revoked_tokens = RevokedTokens(engine, changes, clock=clock)
        self.webhooks = Webhooks(engine, changes, clock=clock)
        self.webhook_progress = WebhookProgress(engine)
        self.leases = Leases(engine, clock=clock)
        self.alerts = Alerts(engine, changes, clock=clock, catch_up=self.flush)

    @classmethod
    async def open(
        cls,
        url: str,
        data_dir: Path,
        *,
        clock: Callable[[], datetime] = utc_now,
        options: StoreOptions | None = None,
        rng: Random | None = None,
    ) -> Self:
        """Migrate and check the database, recover the journal, start the writer.

        `url` is `sqlite+aiosqlite:///...` or `postgresql+asyncpg://...`; the journal lives in `data_dir / "journal"`.
        `rng` makes meeting ids and jitter; outside tests it is the system's. Raises `StartRefusedError` when what is
        promised could not be kept, and whatever the driver raises when the database cannot be reached.
        """
        options = options or StoreOptions()
        rng = rng or SystemRandom()
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(data_dir.mkdir, parents=True, exist_ok=True)
        journal = await asyncio.to_thread(
            Journal.open, data_dir / "journal", limits=options.journal, loop=loop, disk=options.disk
        )
        engine: AsyncEngine | None = None
        errors: Counter[str] = Counter()
        try:
            engine = _engine(url, options, errors)
            await (migrate(engine) if options.migrate else require_migrated(engine))
            applied, applied_at = await _position(engine, journal.journal_id)
            position = await asyncio.to_thread(journal.recover, applied)
            event_clock = EventClock(clock)
            event_clock.resume([*applied_at, *await asyncio.to_thread(_newest_moments, journal, position)])
        except BaseException:
            await journal.close()
            if engine is not None:
                await engine.dispose()
            raise
        writer = Writer(recording(engine), journal, position, options=options.writer, clock=event_clock.now, rng=rng)
        writer.start()
        log.info("store open", database=engine.dialect.name, to_apply=journal.durable - position)
        store = cls(
            engine,
            journal,
            writer,
            options=options,
            clock=clock,
            event_clock=event_clock,
            rng=rng,
            errors=errors,
        )
        store._watchdog.start()
        try:
            await store.feed.start()
        except BaseException:
            await store.close()
            raise
        return store

    @property
    def node(self) -> str:
        """What this node is called among those that share a database, also after a restart."""
        return self._journal.journal_id

    def retention(self, directory: Path) -> Retention:
        """What moves old events into files there."""
        return Retention(self._engine, self.emitter, directory, clock=self._clock)

    def erasure(self, archive: Path) -> Erasure:
        """What takes a person's data out of the record, also out of the files of that archive."""
        return Erasure(
            self._engine,
            self.emitter,
            archive,
            clock=self._clock,
            flush=self.flush,
            forget=self._journal.forget_applied,
        )

    async def flush(self, meeting_id: str | None = None) -> None:
        """Returns once everything emitted before the call is in the database, or everything about that meeting.

        Raises `StoreBehindError`.
        """
        position = self._journal.durable if meeting_id is None else self._last_facts.position(meeting_id)
        await self._writer.caught_up(position, within_s=self._options.read_wait_s)

    async def close(self) -> None:
        """In this order: refuse new events, sync those handed in, apply them while the database lets us, let go."""
        await self.feed.stop()
        await self._watchdog.stop()
        await self._journal.seal()
        await self._writer.stop(within_s=self._options.close_wait_s)
        await self._journal.close()
        with suppress(TimeoutError):  # a driver says good-bye, and a database that hangs never answers
            async with asyncio.timeout(self._options.close_wait_s):
                await self._engine.dispose()

    def behind(self) -> str | None:
        """None while events are applied soon after they were emitted, else what is wrong, in words."""
        return self._watchdog.problem()

    async def ready(self) -> str | None:
        """None when events can be taken and questions answered, else what is wrong, fit to be shown."""
        if (problem := self._journal.problem() or self._watchdog.problem()) is not None:
            return problem
        try:
            async with asyncio.timeout(self._options.read_wait_s), translated(), self._engine.connect() as connection:
                await connection.execute(select(1))
        except Exception:  # noqa: BLE001 - readiness reports, whatever it is
            return "the database does not answer"
        return None

    def metrics(self) -> dict[str, float]:
        """Counters and gauges by name, without the prefix of the exporter."""
        return self.measures().plain

    def measures(self) -> Measures:
        journal, writer = self._journal, self._writer.metrics
        plain = {
            "events_emitted_total": self.emitter.emitted + self._changes.told,
            "ingest_accepted_total": self.ingest.accepted,
            "ingest_duplicate_total": self.ingest.duplicates,
            "events_stored_total": writer.stored + self._changes.told,
            "events_duplicate_total": writer.duplicates,
            "events_failed_total": writer.set_aside,
            "journal_bytes": journal.bytes_on_disk,
            "journal_fill_ratio": journal.fill,
            "journal_backlog_bytes": self._writer.backlog_bytes,
            "journal_syncs_total": journal.groups,
            "journal_failures_total": journal.failures,
            "database_retries_total": writer.retries,
            "writer_lag_seconds": self._writer.lag_s,
            "writer_behind": float(self._watchdog.behind),
            "writer_stumbles_total": writer.stumbles,
        }
        labelled = {
            "ingest_rejected_total": Labelled("code", self.ingest.rejected),
            "events_refused_total": Labelled("reason", self.emitter.refused),
            "database_errors_total": Labelled("class", self._errors),
        }
        histograms = {
            "emit_seconds": self.emitter.latency,
            "ingest_seconds": self.ingest.latency,
            "writer_batch_seconds": writer.batches,
        }
        return Measures(plain, labelled, histograms)


def _engine(url: str, options: StoreOptions, errors: Counter[str]) -> AsyncEngine:
    return create_engine(
        url,
        busy_timeout_ms=options.busy_timeout_ms,
        idle_timeout_s=options.writer.transaction_timeout_s,
        statement_timeout_s=max(ANSWER_TIMEOUT_S, options.writer.transaction_timeout_s),
        errors=errors,
    )


async def _position(engine: AsyncEngine, journal_id: str) -> tuple[int, list[datetime]]:
    """Up to where the journal is applied, and when it was applied last."""
    columns = (JournalPositionRow.position, JournalPositionRow.applied_at)
    async with engine.connect() as connection:
        await require_durability(connection)
        row = (await connection.execute(select(*columns).where(JournalPositionRow.journal_id == journal_id))).first()
        return (row.position, [row.applied_at]) if row is not None else (0, [])


def _newest_moments(journal: Journal, position: int) -> list[datetime]:
    """When the last events happened that are not applied. Blocks."""
    position, moments = max(position, journal.newest), []
    while records := journal.read(position, count=1000):
        moments += [moment for record in records for moment in moments_of(decode_events(record, journal.journal_id))]
        position = records[-1].end
    return moments

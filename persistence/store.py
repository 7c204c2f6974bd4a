"""The whole module behind one door: opened once, handed to whoever emits or asks, closed once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from typing import Self

import structlog
import uuid_utils
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from .database import create_engine, require_durability, translated, writing
from .emitter import Emitter
from .feed import Feed
from .ingest import Ingest
from .journal import Disk, Journal, JournalLimits
from .migrations import migrate
from .queries import Queries
from .repositories import Blocks, Chats, Leases, Meetings, RevokedTokens, SignIns, Users, WebhookProgress, Webhooks
from .tables import JournalPositionRow
from .writer import Writer, WriterOptions

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_event_id() -> str:
    """A UUID version 7: unique everywhere, sorted by time, increasing within this process."""
    return str(uuid_utils.uuid7())


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """`read_wait_s` bounds how long a question waits for the writer, `close_wait_s` how long closing does."""

    journal: JournalLimits = field(default_factory=JournalLimits)
    writer: WriterOptions = field(default_factory=WriterOptions)
    disk: Disk = field(default_factory=Disk)
    read_wait_s: float = 5.0
    close_wait_s: float = 10.0
    busy_timeout_ms: int = 5000


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
        rng: Random,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._writer = writer
        self._options = options
        self.emitter = Emitter(journal, clock=clock, new_id=new_event_id)
        self.ingest = Ingest(engine, self.emitter, catch_up=self.flush)
        self.meetings = Meetings(engine, clock=clock, rng=rng, catch_up=self.flush)
        self.blocks = Blocks(engine, catch_up=self.flush)
        self.chats = Chats(engine, catch_up=self.flush)
        self.queries = Queries(engine, catch_up=self.flush)
        self.feed = Feed(engine)
        writer.on_stored = self.feed.hear
        self.users = Users(engine, clock=clock)
        self.sign_ins = SignIns(engine, clock=clock)
        self.revoked_tokens = RevokedTokens(engine, clock=clock)
        self.webhooks = Webhooks(engine, clock=clock)
        self.webhook_progress = WebhookProgress(engine)
        self.leases = Leases(engine, clock=clock)

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
        try:
            engine = create_engine(url, busy_timeout_ms=options.busy_timeout_ms)
            await migrate(engine)
            applied = await _position(engine, journal.journal_id)
            position = await asyncio.to_thread(journal.recover, applied)
        except BaseException:
            await journal.close()
            if engine is not None:
                await engine.dispose()
            raise
        writer = Writer(writing(engine), journal, position, options=options.writer, clock=clock, rng=rng)
        writer.start()
        log.info("store open", database=engine.dialect.name, to_apply=journal.durable - position)
        store = cls(engine, journal, writer, options=options, clock=clock, rng=rng)
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

    async def flush(self) -> None:
        """Returns once everything emitted before the call is in the database. Raises `StoreBehindError`."""
        await self._writer.caught_up(self._journal.durable, within_s=self._options.read_wait_s)

    async def close(self) -> None:
        """In this order: refuse new events, sync those handed in, apply them while the database lets us, let go."""
        await self.feed.stop()
        await self._journal.seal()
        await self._writer.stop(within_s=self._options.close_wait_s)
        await self._journal.close()
        await self._engine.dispose()

    async def ready(self) -> str | None:
        """None when events can be taken and questions answered, else what is wrong, fit to be shown."""
        if (problem := self._journal.problem() or self._writer.problem()) is not None:
            return problem
        try:
            async with asyncio.timeout(self._options.read_wait_s), translated(), self._engine.connect() as connection:
                await connection.execute(select(1))
        except Exception:  # noqa: BLE001 - readiness reports, whatever it is
            return "the database does not answer"
        return None

    def metrics(self) -> dict[str, float]:
        """Counters and gauges by name, without the prefix of the exporter."""
        journal, writer = self._journal, self._writer.metrics
        return {
            "events_emitted_total": self.emitter.emitted,
            "ingest_accepted_total": self.ingest.accepted,
            "ingest_duplicate_total": self.ingest.duplicates,
            "ingest_rejected_total": self.ingest.rejected.total(),
            "events_stored_total": writer.stored,
            "events_duplicate_total": writer.duplicates,
            "events_failed_total": writer.set_aside,
            "journal_bytes": journal.bytes_on_disk,
            "journal_backlog_bytes": journal.durable - self._writer.position,
            "journal_syncs_total": journal.groups,
            "journal_failures_total": journal.failures,
            "journal_refused_total": journal.refused,
            "database_retries_total": writer.retries,
            "writer_stumbles_total": writer.stumbles,
            "writer_batches_total": writer.batches,
            "writer_batch_seconds_total": writer.batch_seconds,
            "writer_last_batch_seconds": writer.last_batch_s,
        }


async def _position(engine: AsyncEngine, journal_id: str) -> int:
    async with engine.connect() as connection:
        await require_durability(connection)
        question = select(JournalPositionRow.position).where(JournalPositionRow.journal_id == journal_id)
        return await connection.scalar(question) or 0

"""Keeps the record to what it should hold: old events into archives on a schedule, a person's data out on demand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from config.outgoing import RetentionSettings
from persistence.background import Background
from persistence.erasure import Erased
from persistence.errors import PersistenceError, UnavailableError
from persistence.retention import Archive, Retention
from persistence.store import Store
from server.metrics import Sample

LEASE: Final = "housekeeping"
LEASE_S: Final = 120.0
RENEW_S: Final = 30.0
RUN_S: Final = 30.0
"""How long one run may take; what is left then waits for the next, which follows soon."""

SOON_S: Final = 5.0
FIRST_S: Final = 30.0
"""After the start, when there is enough to do."""

log = structlog.get_logger(__name__)


class BusyError(UnavailableError):
    """Somebody else is at it, here or on another node."""


class Housekeeping:
    """Owns the task. One node, and there one piece of work, at a time: two would write the same files."""

    def __init__(
        self, store: Store, settings: RetentionSettings, archive: Path, *, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._settings = settings
        self._archive = archive
        self._clock = clock
        self._busy = asyncio.Lock()
        self._background = Background()
        self.retention: Retention = store.retention(archive)
        self.last_run_at: datetime | None = None
        self.last_error: str | None = None
        self.archived = 0
        self.failures = 0
        self.erased = 0

    @property
    def days(self) -> float:
        return self._settings.days

    async def start(self) -> None:
        if self._settings.days:
            self._background.begin(self._run_on_schedule(), name="housekeeping")

    async def stop(self) -> None:
        await self._background.end()

    def samples(self) -> Iterable[Sample]:
        yield Sample("folkmoot_archived_events", "counter", "Events moved into archives", {(): self.archived})
        yield Sample("folkmoot_archive_failures", "counter", "Runs of archiving that failed", {(): self.failures})
        yield Sample("folkmoot_erasures", "counter", "People whose data was erased", {(): self.erased})

    async def run(self) -> tuple[list[Archive], bool]:
        """Archive what is old; what was, and whether that was all.

        Raises `BusyError`, `UnavailableError`, `ArchiveDamagedError`, `OSError`.
        """
        if not self._settings.days:
            return [], True
        async with self._alone():
            try:
                made, finished = await self.retention.run(timedelta(days=self._settings.days), within_s=RUN_S)
            except (PersistenceError, OSError) as error:
                self.failures += 1
                self.last_error = str(error) if isinstance(error, PersistenceError) else "the disk refused"
                raise
        self.archived += sum(archive.events for archive in made)
        self.last_run_at, self.last_error = self._clock(), None
        return made, finished

    async def erase(self, user_id: str, *, by: str) -> Erased:
        """Raises the same."""
        async with self._alone():
            done = await self._store.erasure(self._archive).erase(user_id, by=by)
        self.erased += 1
        return done

    async def _run_on_schedule(self) -> None:
        wait_s = FIRST_S
        while True:
            await asyncio.sleep(wait_s)
            wait_s = self._settings.every_s
            try:
                _, finished = await self.run()
            except BusyError:
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, the next run may succeed
                log.error("archiving failed", error=type(error).__name__)  # noqa: TRY400 - no fault of ours
            else:
                wait_s = self._settings.every_s if finished else SOON_S

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        if self._busy.locked():
            raise BusyError("old events are being archived or data erased; try again")
        async with self._busy:
            if not await self._hold():
                raise BusyError("another node archives or erases; try again")
            renewing = asyncio.create_task(self._renew(), name="housekeeping lease")
            try:
                yield
            finally:
                renewing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await renewing
                with contextlib.suppress(PersistenceError):
                    await self._store.leases.release(LEASE, self._store.node)

    async def _hold(self) -> bool:
        return await self._store.leases.hold(LEASE, self._store.node, for_s=LEASE_S)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            with contextlib.suppress(PersistenceError):
                await self._hold()

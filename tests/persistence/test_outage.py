"""The database goes away for a while, in the three ways it can, while events keep coming at 200 a second.

`FOLKMOOT_OUTAGE_S=60` makes each outage a minute long.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from persistence.events import AudioMuted, AudioUnmuted
from persistence.store import Store, StoreOptions
from persistence.writer import WriterOptions

from .checker import check_record
from .database_path import DatabasePath

RATE = 200
OUTAGE_S = float(os.environ.get("FOLKMOOT_OUTAGE_S", "2"))
DRAINED_WITHIN_S = 30.0
SLOWER, SPARE_S = 10, 0.5
OPTIONS = StoreOptions(
    writer=WriterOptions(batch_delay_s=0.05, transaction_timeout_s=1, retry_base_s=0.05, retry_cap_s=1),
    busy_timeout_ms=100,
    behind_after_s=1,
    read_wait_s=60,
)


class Talk:
    """Emits at a steady rate, whether or not earlier calls were answered, and keeps what each call took."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.acknowledged: set[str] = set()
        self.took: list[float] = []

    async def go_on(self, seconds: float) -> list[float]:
        """What the calls of these seconds took, from the quickest to the slowest."""
        before, began = len(self.took), time.monotonic()
        async with asyncio.TaskGroup() as calls:
            for number in range(int(seconds * RATE)):
                await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
                calls.create_task(self._say(f"m{number % 10}"))
        return sorted(self.took[before:])

    async def _say(self, meeting: str) -> None:
        began = time.monotonic()
        fact = AudioMuted() if len(self.took) % 2 else AudioUnmuted()
        (event,) = await self._store.emitter.emit(meeting, fact, participant_id="p")
        self.took.append(time.monotonic() - began)
        self.acknowledged.add(event.event_id)


async def live_through(
    store: Store, fail: Callable[[], Awaitable[object]], recover: Callable[[], Awaitable[object]]
) -> None:
    talk = Talk(store)
    before = await talk.go_on(1.0)
    await fail()
    during = await talk.go_on(OUTAGE_S)  # returns once all were answered: nobody who emits waits for the database
    assert "behind" in (store._watchdog.problem() or "")
    await recover()
    back = time.monotonic()
    await talk.go_on(0.5)
    assert await check_record(store, acknowledged=talk.acknowledged, intended=talk.acknowledged) == len(talk.took)
    caught_up_s = time.monotonic() - back
    assert len(talk.took) == int(1.5 * RATE) + int(OUTAGE_S * RATE)
    assert caught_up_s < DRAINED_WITHIN_S
    for share in (0.5, 0.99):
        usual_s, troubled_s = (took[int(len(took) * share)] for took in (before, during))
        print(
            f"emit p{share * 100:.0f} {usual_s * 1000:.1f} ms before, {troubled_s * 1000:.1f} ms without the database"
        )
        # The disk and the loop are shared with whatever else runs; who waited for the database would wait for seconds.
        assert troubled_s < SLOWER * usual_s + SPARE_S
    print(f"back after {caught_up_s:.1f} s")
    assert store.metrics()["database_retries_total"] > 0
    assert await store.ready() is None


@pytest.mark.timeout(120 + 3 * OUTAGE_S)
@pytest.mark.parametrize("trouble", ["refused", "hung"])
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_database_that_refuses_or_hangs_costs_no_event(
    trouble: str, troubled: tuple[str, DatabasePath], tmp_path: Path
) -> None:
    url, path = troubled
    async with opened(url, tmp_path) as store:

        async def fail() -> None:
            path.refuse() if trouble == "refused" else path.hang()

        async def recover() -> None:
            path.recover()

        await live_through(store, fail, recover)


@pytest.mark.timeout(120 + 3 * OUTAGE_S)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_database_that_another_process_holds_costs_no_event(url: str, tmp_path: Path) -> None:
    async with opened(url, tmp_path) as store:
        holder = sqlite3.connect(str(make_url(url).database), isolation_level=None, timeout=60, check_same_thread=False)
        # Not on the loop: to begin it may have to wait for what the store has under way, which needs the loop to end.
        begin, end = (partial(asyncio.to_thread, holder.execute, sql) for sql in ("BEGIN IMMEDIATE", "ROLLBACK"))
        await live_through(store, begin, end)
        holder.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_store_closes_although_the_database_hangs(troubled: tuple[str, DatabasePath], tmp_path: Path) -> None:
    url, path = troubled
    store = await Store.open(url, tmp_path, options=StoreOptions(close_wait_s=0.2))
    await store.emitter.emit("m", AudioMuted(), participant_id="p")
    await store.flush()
    path.hang()
    (kept,) = await store.emitter.emit("m", AudioMuted(), participant_id="p")
    async with asyncio.timeout(20):
        await store.close()
    path.recover()
    async with opened(url, tmp_path) as again:
        assert await check_record(again, acknowledged={kept.event_id}) == 2


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_transaction_that_the_network_swallowed_does_not_keep_its_locks(
    troubled: tuple[str, DatabasePath], tmp_path: Path
) -> None:
    """Else the next try would wait for the one before it until TCP gives up, hours later."""
    url, path = troubled
    async with opened(url, tmp_path) as store:
        await store.emitter.emit("m", AudioMuted(), participant_id="p")
        await store.flush()
        path.strands = 1
        (swallowed,) = await store.emitter.emit("m", AudioMuted(), participant_id="p")
        async with asyncio.timeout(20):
            assert await check_record(store, acknowledged={swallowed.event_id}) == 2
        assert path.strands == 0


@asynccontextmanager
async def opened(url: str, data_dir: Path) -> AsyncIterator[Store]:
    store = await Store.open(url, data_dir, options=OPTIONS)
    try:
        yield store
    finally:
        await store.close()

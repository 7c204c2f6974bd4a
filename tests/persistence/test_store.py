"""The store opens only where it can keep its promises, and closes without losing any."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from persistence.errors import JournalFailedError, StartRefusedError
from persistence.events import HandRaised
from persistence.journal import Disk
from persistence.store import Store, StoreOptions

from .conftest import QUICK, Opener


@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite:///:memory:", "sqlite+aiosqlite://", "sqlite:///x.db", "mysql://x/y", "nonsense", ""]
)
async def test_a_database_that_cannot_keep_the_promise_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(StartRefusedError):
        await Store.open(url, tmp_path)


async def test_one_data_directory_serves_one_store(open_store: Opener) -> None:
    await open_store()
    with pytest.raises(StartRefusedError, match="in use"):
        await open_store()


async def test_a_store_that_failed_to_open_lets_go_of_its_directory(open_store: Opener, tmp_path: Path) -> None:
    with pytest.raises(StartRefusedError):
        await Store.open("nonsense", tmp_path / "node")
    await open_store()


async def test_closing_applies_what_was_emitted(open_store: Opener, quick: Callable[..., StoreOptions]) -> None:
    store = await open_store(quick(writer=type(QUICK.writer)(batch_delay_s=60)))
    emitting = [asyncio.create_task(store.emitter.emit("m", HandRaised(), participant_id="p")) for _ in range(50)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*emitting)
    assert store.metrics()["events_stored_total"] == 50
    again = await open_store()
    assert await again.queries.counts("m") == {"hand.raised": 50}


async def test_closing_twice_is_closing_once(store: Store) -> None:
    await store.close()
    await store.close()


async def test_readiness_names_what_is_wrong(open_store: Opener, quick: Callable[..., StoreOptions]) -> None:
    broken = False

    def sync(fd: int) -> None:
        if broken:
            raise OSError(errno.EIO, "lost")
        os.fdatasync(fd)

    store = await open_store(quick(disk=Disk(sync=sync)))
    assert await store.ready() is None
    broken = True
    with pytest.raises(JournalFailedError):
        await store.emitter.emit("m", HandRaised(), participant_id="p")
    assert "journal" in (await store.ready() or "")
    await store.close()
    assert await store.ready() is not None


async def test_metrics_are_finite_numbers(store: Store) -> None:
    await store.emitter.emit("m", HandRaised(), participant_id="p")
    await store.flush()
    metrics = store.metrics()
    assert metrics["events_emitted_total"] == metrics["events_stored_total"] == 1
    assert metrics["journal_backlog_bytes"] == 0
    assert all(isinstance(value, int | float) for value in metrics.values())

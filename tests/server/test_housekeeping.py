"""Old events are archived without anybody asking, by one node at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from config.outgoing import RetentionSettings
from persistence.errors import ArchiveDamagedError
from persistence.events import Event, HandRaised
from persistence.retention import Retention
from persistence.store import Store, new_event_id, utc_now
from server import housekeeping
from server.housekeeping import BusyError, Housekeeping
from tests.persistence.conftest import Opener, open_store, postgres_socket, store, url
from tests.support.eventually import eventually

__all__ = ["open_store", "postgres_socket", "store", "url"]


def keeper_for(store: Store, archive: Path, **settings: float) -> Housekeeping:
    return Housekeeping(store, RetentionSettings(**settings), archive, clock=utc_now)


async def deliver_old(store: Store, count: int = 3) -> None:
    await store.emitter.deliver(
        [
            Event.of(
                HandRaised(),
                event_id=new_event_id(),
                meeting_id="m",
                participant_id="p",
                timestamp=utc_now() - timedelta(days=100),
            )
            for _ in range(count)
        ]
    )
    await store.flush()


@contextmanager
def at_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(housekeeping, "FIRST_S", 0.01)
        yield


async def test_what_is_old_goes_without_anybody_asking(store: Store, tmp_path: Path) -> None:
    await deliver_old(store)
    keeper = keeper_for(store, tmp_path / "archive", every_s=0.05)
    with at_once():
        await keeper.start()

        async def archived() -> bool:
            return keeper.archived == 3

        await eventually(archived, "the old events are archived")
        await keeper.stop()
    assert (await store.queries.events("m")).items == []


async def test_kept_for_ever_means_for_ever(store: Store, tmp_path: Path) -> None:
    await deliver_old(store)
    keeper = keeper_for(store, tmp_path / "archive", days=0)
    await keeper.start()
    assert await keeper.run() == ([], True)
    await keeper.stop()
    assert len((await store.queries.events("m")).items) == 3


async def test_one_piece_of_work_at_a_time_on_all_nodes(open_store: Opener, tmp_path: Path) -> None:
    stores = [await open_store(node="here"), await open_store(node="there")]
    await deliver_old(stores[0])
    here, there = (keeper_for(store, tmp_path / "archive") for store in stores)
    working, go_on = asyncio.Event(), asyncio.Event()

    async def work(_self: Retention, _older: timedelta, *, within_s: float) -> tuple[list[object], bool]:
        del within_s
        working.set()
        await go_on.wait()
        return [], True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Retention, "run", work)
        running = asyncio.create_task(here.run())
        await working.wait()
        for keeper in (here, there):
            with pytest.raises(BusyError):
                await keeper.erase("ann", by="operator")
        go_on.set()
        await running
    assert (await there.run())[1]


async def test_a_failure_is_told_and_the_next_run_tries_again(store: Store, tmp_path: Path) -> None:
    await deliver_old(store)
    keeper = keeper_for(store, tmp_path / "archive")

    async def fail(*_arguments: object, **_more: object) -> object:
        raise ArchiveDamagedError("an archive file is not what was written")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Retention, "run", fail)
        with pytest.raises(ArchiveDamagedError):
            await keeper.run()
    assert (keeper.failures, keeper.last_error) == (1, "an archive file is not what was written")
    assert len((await keeper.run())[0]) == 1
    assert keeper.last_error is None

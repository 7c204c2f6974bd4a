"""The record gives way: its writer takes turns with whoever else writes to SQLite, and is kept out by nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from persistence.database import create_engine, writing
from persistence.faults import Fault, fault_of
from persistence.migrations.runner import altering
from persistence.store import Store, StoreOptions

from .checker import check_record
from .conftest import QUICK, Opener
from .test_writer import muted

EVENTS = 400
POOLED = 15
"""Connections of a PostgreSQL engine: five, and ten more."""


def sliced(quick: Callable[..., StoreOptions]) -> StoreOptions:
    return quick(writer=type(QUICK.writer)(batch_delay_s=60, batch_events=100, slice_events=10))


async def batches_beside(store: Store, *, writers: int) -> int:
    """How many transactions the events take while so many others write, one after the other."""
    done = asyncio.Event()

    async def write() -> None:
        while not done.is_set():
            async with writing(store._engine).begin() as connection:
                await connection.execute(text("SELECT 1"))

    sent = [muted(number) for number in range(EVENTS)]
    async with writing(store._engine).begin():  # until all of them wait
        await asyncio.gather(*(store.emitter.deliver([one]) for one in sent))
    async with asyncio.TaskGroup() as others:
        for _ in range(writers):
            others.create_task(write())
        ids = {one.event_id for one in sent}
        await store.flush()
        done.set()
    assert await check_record(store, acknowledged=ids, intended=ids) == EVENTS
    return store.measures().histograms["writer_batch_seconds"].total


@pytest.mark.parametrize("writers", [1, 3])
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_backlog_goes_in_slices_while_others_wait_to_write(
    open_store: Opener, quick: Callable[..., StoreOptions], writers: int
) -> None:
    store = await open_store(sliced(quick))
    # One whole batch before the writer sees that somebody waits, at most one more when nobody does for a moment.
    assert await batches_beside(store, writers=writers) > 2 * EVENTS / 100


async def test_a_backlog_goes_in_whole_batches_while_nobody_else_writes(
    open_store: Opener, quick: Callable[..., StoreOptions]
) -> None:
    store = await open_store(sliced(quick))
    assert await batches_beside(store, writers=0) == EVENTS / 100


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_who_waits_to_write_has_the_next_turn(open_store: Opener, quick: Callable[..., StoreOptions]) -> None:
    store = await open_store(sliced(quick))
    turns: list[str] = []
    store._writer.on_stored = lambda: turns.append("record")

    async def write() -> None:
        async with writing(store._engine).begin() as connection:
            await connection.execute(text("SELECT 1"))
        turns.append("other")

    async with writing(store._engine).begin():
        await asyncio.gather(*(store.emitter.deliver([muted(number)]) for number in range(EVENTS)))
        waiting = [asyncio.create_task(write()) for _ in range(3)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert turns.count("record") <= 1
    await store.flush()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_readers_who_hold_every_connection_keep_the_record_from_nothing(store: Store) -> None:
    async with AsyncExitStack() as held:
        for _ in range(POOLED):
            connection = await held.enter_async_context(store._engine.connect())
            await connection.execute(text("SELECT 1"))
        await store.emitter.deliver([muted(1)])
        await store.flush()
    assert await check_record(store, acknowledged={muted(1).event_id}) == 1


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_question_that_takes_too_long_is_ended_by_the_database(url: str) -> None:
    engine = create_engine(url, statement_timeout_s=0.05)
    with pytest.raises(DBAPIError) as ended:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(20)"))
    assert fault_of(ended.value) is Fault.TIMEOUT
    await engine.dispose()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_migration_may_take_longer_than_a_question(url: str) -> None:
    engine = create_engine(url, statement_timeout_s=1)
    async with altering(engine) as connection:
        await connection.execute(text("SELECT pg_sleep(1.5)"))
    await engine.dispose()

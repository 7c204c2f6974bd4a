"""The writer stores each event once, in order, whatever the database and the events do to it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from persistence.errors import StoreBehindError
from persistence.events import AudioMuted, AudioUnmuted, Event, HandRaised, MeetingStarted
from persistence.journal_entry import encode_events
from persistence.store import Store, StoreOptions
from tests.support.eventually import eventually

from .checker import check_record
from .conftest import QUICK, Ask, Opener
from .story import event


def muted(number: int, meeting: str = "m") -> Event:
    return event(number, AudioMuted(), meeting=meeting, actor="p1")


async def metric_reaches(store: Store, name: str, wanted: float) -> None:
    async def reached() -> bool:
        return store.metrics()[name] >= wanted

    await eventually(reached, f"{name} reaches {wanted}")


async def test_an_event_delivered_again_changes_nothing(store: Store, ask: Ask) -> None:
    told = [event(1, MeetingStarted(title="t")), muted(2), muted(3)]
    await store.emitter.deliver(told)
    before = await ask("SELECT * FROM meeting_logs ORDER BY sequence"), await ask("SELECT * FROM meetings")
    await store.emitter.deliver(told)
    await store.emitter.deliver([muted(3), muted(3)])
    assert (await ask("SELECT * FROM meeting_logs ORDER BY sequence"), await ask("SELECT * FROM meetings")) == before
    assert store.metrics()["events_duplicate_total"] == 5


async def test_sequences_are_dense_in_each_meeting_in_the_order_of_emission(store: Store) -> None:
    async def talk(meeting: str) -> list[str]:
        return [
            (await store.emitter.emit(meeting, fact, participant_id="p"))[0].event_id
            for fact in (AudioMuted(), AudioUnmuted(), HandRaised()) * 10
        ]

    meetings = [f"m{number}" for number in range(5)]
    for meeting, ids in zip(meetings, await asyncio.gather(*map(talk, meetings)), strict=True):
        items = (await store.queries.events(meeting)).items
        assert [item.event_id for item in items] == ids
        assert [item.sequence for item in items] == list(range(1, 31))


async def test_setting_aside_happens_once_when_the_journal_is_read_twice(store: Store, open_store: Opener) -> None:
    await store._journal.append(b"[1, 2]")
    await store.flush()
    await store.close()
    again = await open_store()
    async with again._engine.begin() as connection:
        await connection.execute(text("DELETE FROM journal_position"))
    await again.close()
    last = await open_store()
    await last.flush()
    async with last._engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM failed_events")) == 2


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_locked_database_is_tried_again_until_it_lets_us_in(url: str, store: Store) -> None:
    holder = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    await store.emitter.deliver([muted(1)])  # durable all the same
    await metric_reaches(store, "database_retries_total", 2)
    holder.execute("ROLLBACK")
    holder.close()
    assert len((await store.queries.events("m")).items) == 1
    assert store.metrics()["events_failed_total"] == 0


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_connection_cut_in_the_middle_loses_and_doubles_nothing(
    url: str, store: Store, postgres_socket: Path
) -> None:
    surgeon = await asyncpg.connect(host=str(postgres_socket), user="folkmoot", database="postgres")
    database = make_url(url).database
    for number in range(1, 301):
        await store.emitter.deliver([muted(number)])
        if number % 20 == 0:
            await surgeon.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database)
    await surgeon.close()
    sent = {muted(number).event_id for number in range(1, 301)}
    assert await check_record(store, acknowledged=sent, intended=sent) == 300


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_readers_are_told_when_the_database_stays_behind(
    url: str, open_store: Opener, quick: Callable[..., StoreOptions]
) -> None:
    store = await open_store(quick(read_wait_s=0.05, close_wait_s=0.05))
    holder = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    await store.emitter.deliver([muted(1)])
    with pytest.raises(StoreBehindError) as refusal:
        await store.queries.events("m")
    assert refusal.value.code == "UNAVAILABLE"
    await store.close()
    holder.close()
    again = await open_store()
    assert len((await again.queries.events("m")).items) == 1


async def test_the_position_moves_with_the_rows_it_vouches_for(store: Store, ask: Ask) -> None:
    await store.emitter.deliver([muted(1)])
    ((position,),) = await ask("SELECT position FROM journal_position")
    assert position == store._journal.durable == len(encode_events([muted(1)])) + 8


async def test_a_batch_goes_out_at_once_when_somebody_asks(
    open_store: Opener, quick: Callable[..., StoreOptions]
) -> None:
    patient = quick(writer=type(QUICK.writer)(batch_delay_s=60))
    store = await open_store(patient)
    await store.emitter.deliver([muted(1)])
    async with asyncio.timeout(5):
        assert len((await store.queries.events("m")).items) == 1


async def test_a_full_batch_does_not_wait(open_store: Opener, quick: Callable[..., StoreOptions]) -> None:
    store = await open_store(quick(writer=type(QUICK.writer)(batch_delay_s=60, batch_events=5)))
    for number in range(5):
        await store.emitter.deliver([muted(number)])
    await metric_reaches(store, "events_stored_total", 5)

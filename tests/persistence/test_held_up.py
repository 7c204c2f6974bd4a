"""What holds up one meeting holds up no other, even when it looks as if it would pass (EVT-4)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from persistence import database
from persistence.events import SERVER_LOG, AudioMuted, Event, ParticipantJoined
from persistence.failed_events import Retried
from persistence.projections import Scope
from persistence.projections.participant import PEOPLE
from persistence.store import Store, StoreOptions
from persistence.tables import MeetingRow
from tests.support.eventually import eventually

from .checker import check_record
from .conftest import QUICK, Opener
from .story import event

HASTY = type(QUICK.writer)(
    batch_delay_s=0.001, retry_base_s=0.001, retry_cap_s=0.01, transaction_timeout_s=2, alone_timeout_s=1
)
"""Long enough for the tables to be made on a busy machine: PostgreSQL ends what is idle for longer."""
JOINED = ParticipantJoined(user_id="ann", display_name="Ann", role="host")


def muted(number: int, meeting: str = "m") -> Event:
    return event(number, AudioMuted(), meeting=meeting, actor="p1")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_row_that_somebody_holds_holds_up_its_meeting_alone(
    open_store: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "RECORD_LOCK_TIMEOUT_S", 0.05)
    store = await open_store()
    sick = [muted(number, "sick") for number in (1, 2, 3)]
    healthy = [muted(number) for number in (11, 12, 13)]
    await store.emitter.deliver(sick[:1])
    await store.flush()
    async with store._engine.begin() as holder:
        await holder.execute(select(MeetingRow.id).where(MeetingRow.id == "sick").with_for_update())
        for number in (1, 2):
            await store.emitter.deliver([sick[number], healthy[number]])
            await store.flush()
        assert [item.event_id for item in (await store.queries.events("m")).items] == [
            one.event_id for one in healthy[1:]
        ]
    sent = {one.event_id for one in (*sick, *healthy[1:])}
    held_up = [one.event_id for one in sick[1:]]
    assert await check_record(store, acknowledged=sent, intended=sent, set_aside=held_up) == 3
    assert {failed.error for failed in await store.failed_events.page()} == {"held up: busy"}
    assert await store.failed_events.retry(by="operator") == Retried(stored=2, left=0)
    (retried,) = (await store.queries.events(SERVER_LOG)).items
    assert await check_record(store, acknowledged=sent, intended={*sent, retried.event_id}) == 6
    await store.emitter.deliver([muted(4, "sick")])
    await store.flush()
    assert await store.failed_events.count() == 0
    assert not store._writer._held_up


async def test_a_projection_that_never_ends_holds_up_its_meeting_alone(
    open_store: Opener, quick: Callable[..., StoreOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_store(quick(writer=HASTY, read_wait_s=60))
    joins = PEOPLE._functions[ParticipantJoined]

    async def hang(scope: Scope, one: Event, payload: ParticipantJoined) -> None:
        if one.meeting_id == "sick":
            await asyncio.Event().wait()
        await joins(scope, one, payload)

    monkeypatch.setattr(PEOPLE, "_functions", {**PEOPLE._functions, ParticipantJoined: hang})
    poison = event(1, JOINED, meeting="sick", actor="p1")
    told = [poison, event(2, JOINED, actor="p1"), muted(3, "n")]
    await store.emitter.deliver(told)
    sent = {one.event_id for one in told}
    assert await check_record(store, acknowledged=sent, intended=sent, set_aside=[poison.event_id]) == 2
    assert [failed.error for failed in await store.failed_events.page()] == ["held up: timeout"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_nothing_is_set_aside_while_the_database_takes_nothing_at_all(url: str, store: Store) -> None:
    holder = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    told = [muted(1), muted(2, "n")]
    await store.emitter.deliver(told)

    async def tried() -> bool:
        return store.metrics()["database_retries_total"] > 3 * (HASTY.patience + HASTY.alone_tries)

    await eventually(tried, "it was tried again and again")
    holder.execute("ROLLBACK")
    holder.close()
    sent = {one.event_id for one in told}
    assert await check_record(store, acknowledged=sent, intended=sent) == 2

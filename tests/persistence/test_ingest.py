"""Events from elsewhere are judged one by one, and what is accepted is there."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from persistence.errors import UnavailableError
from persistence.events import AudioMuted, ClientNetworkChanged, Event, Payload
from persistence.ingest import Rejected, Taken
from persistence.store import Store, StoreOptions
from persistence.underway import MANY, Underway
from tests.support.eventually import eventually

from .conftest import QUICK, Ask, Opener
from .database_path import DatabasePath
from .story import event


def told(number: int, payload: Payload | None = None) -> dict[str, Any]:
    return event(number, payload or ClientNetworkChanged(online=True), actor="p1").model_dump(mode="json")


def nobody_refused(_event: Event) -> None:
    return None


async def take(store: Store, *raw: object) -> Taken:
    return await store.ingest.take(raw, refuse=nobody_refused)


async def test_what_is_accepted_is_stored_once_however_often_it_comes(store: Store, ask: Ask) -> None:
    assert await take(store, told(1), told(2)) == Taken(2, 0, [])
    assert await take(store, told(2), told(3), told(3)) == Taken(1, 2, [])
    assert await ask("SELECT event_id FROM meeting_logs ORDER BY sequence") == [
        (told(number)["event_id"],) for number in (1, 2, 3)
    ]


async def test_an_id_that_is_only_in_the_journal_is_known(
    open_store: Opener, quick: Callable[..., StoreOptions]
) -> None:
    store = await open_store(quick(writer=type(quick().writer)(batch_delay_s=60)))
    await store.emitter.deliver([event(1, ClientNetworkChanged(online=True), actor="p1")])
    (emitted,) = await store.emitter.emit("m", ClientNetworkChanged(online=True), participant_id="p1")
    assert await take(store, told(1), emitted.model_dump(mode="json")) == Taken(0, 2, [])
    assert (await take(store, told(1, AudioMuted()))).rejected[0].code == "CONFLICT"
    assert store.metrics()["events_stored_total"] == 0, "nobody asked the writer to hurry"


async def test_an_id_that_was_journaled_before_the_start_is_known(
    open_store: Opener, quick: Callable[..., StoreOptions]
) -> None:
    slow = quick(writer=type(quick().writer)(batch_delay_s=60), close_wait_s=0)
    first = await open_store(slow)
    await first.emitter.deliver([event(1, ClientNetworkChanged(online=True), actor="p1")])
    assert first._writer._task is not None
    first._writer._task.cancel()  # as if it had been killed
    await first.close()
    assert await take(await open_store(slow), told(1)) == Taken(0, 1, [])


async def test_calls_with_other_ids_do_not_wait_for_one_another(store: Store) -> None:
    async with store.ingest._claims.hold([told(1)["event_id"]]):
        blocked = asyncio.create_task(take(store, told(1)))
        assert await take(store, told(2)) == Taken(1, 0, [])
        assert not blocked.done()
    assert await blocked == Taken(1, 0, [])


@pytest.mark.parametrize("other", [ClientNetworkChanged(online=False), AudioMuted()], ids=["body", "type"])
async def test_an_id_that_comes_back_with_another_body_or_type_is_a_conflict(
    store: Store, ask: Ask, other: Payload
) -> None:
    await take(store, told(1))
    taken = await take(store, told(1, other), told(2))
    assert (taken.accepted, [(one.event_id, one.code) for one in taken.rejected]) == (
        1,
        [(told(1)["event_id"], "CONFLICT")],
    )
    assert await ask("SELECT count(*) FROM failed_events") == [(0,)]


async def test_of_two_bodies_for_one_id_at_once_one_is_taken(store: Store, ask: Ask) -> None:
    verdicts = await asyncio.gather(
        *(take(store, told(1, ClientNetworkChanged(online=online))) for online in (True, False))
    )
    assert sorted((v.accepted, len(v.rejected)) for v in verdicts) == [(0, 1), (1, 0)]
    assert await ask("SELECT count(*) FROM failed_events") == [(0,)]


async def test_what_is_invalid_fails_nobody_else(store: Store) -> None:
    broken = told(1) | {"payload": {"online": "perhaps"}}
    taken = await take(store, broken, 7, None, {"event_id": 5}, {"event_id": "x" * 65}, told(2))
    assert taken.accepted == 1
    assert [one.code for one in taken.rejected] == ["VALIDATION"] * 5
    assert [one.event_id for one in taken.rejected] == [broken["event_id"], None, None, None, None]


async def test_a_refused_event_is_told_in_the_words_of_the_rule(store: Store, ask: Ask) -> None:
    taken = await store.ingest.take([told(1)], refuse=lambda _event: ("ACCESS_DENIED", "Not yours."))
    assert taken == Taken(0, 0, [Rejected(told(1)["event_id"], "ACCESS_DENIED", "Not yours.")])
    assert await ask("SELECT count(*) FROM meeting_logs") == [(0,)]
    assert store.measures().labelled["ingest_rejected_total"].counts == {"ACCESS_DENIED": 1}


def test_what_is_underway_is_bounded_and_says_from_where_it_knows_nothing() -> None:
    applied = 0
    underway = Underway(7, applied=lambda: applied)
    assert underway.unknown_until == 7
    events = [event(number, AudioMuted(), actor="p") for number in range(MANY)]
    underway.keep(events, 7, 100)
    assert underway.find([events[0].event_id, "another"]) == {events[0].event_id: events[0]}
    underway.keep([event(MANY, AudioMuted(), actor="p")], 100, 200)
    assert (len(underway), underway.unknown_until, underway.at(7)) == (0, 200, None)
    underway.keep(events, 200, 300)
    applied = 300
    underway.keep([event(MANY, AudioMuted(), actor="p")], 300, 400)
    assert (len(underway), underway.unknown_until, underway.at(200)) == (1, 200, None)
    kept = underway.at(300)
    assert kept is not None
    assert kept.end == 400


async def test_what_a_caller_who_went_away_left_behind_is_known(
    open_store: Opener, quick: Callable[..., StoreOptions]
) -> None:
    store = await open_store(quick(writer=type(quick().writer)(batch_delay_s=60)))
    leaving = asyncio.create_task(take(store, told(1)))
    await eventually(_reached(lambda: store._journal._admitted), "the event is handed to the journal")
    leaving.cancel()
    await eventually(_reached(lambda: store._journal.durable), "it is durable, whoever waits for that")
    assert await take(store, told(1)) == Taken(0, 1, [])


def _reached(position: Callable[[], int]) -> Callable[[], Awaitable[bool]]:
    async def reached() -> bool:
        return position() > 0

    return reached


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_what_is_underway_is_judged_although_the_writer_is_locked_out_and_what_is_not_known_waits(
    url: str, open_store: Opener, quick: Callable[..., StoreOptions]
) -> None:
    store = await open_store(quick(read_wait_s=0.05, close_wait_s=0.05))
    holder = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert await take(store, told(1)) == Taken(1, 0, [])
    assert await take(store, told(1)) == Taken(0, 1, [])
    await store.close()
    holder.close()
    again = await open_store()
    assert await take(again, told(1), told(2)) == Taken(1, 1, [])


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_without_the_database_nothing_is_accepted_and_later_it_is(
    troubled: tuple[str, DatabasePath], tmp_path: Path
) -> None:
    url, path = troubled
    store = await Store.open(url, tmp_path, options=QUICK)
    path.refuse()
    with pytest.raises(UnavailableError):
        await take(store, told(1))
    path.recover()
    assert await take(store, told(1)) == Taken(1, 0, [])
    await store.close()

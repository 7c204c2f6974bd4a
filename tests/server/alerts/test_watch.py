"""Alerts reach the log, the endpoints their rule names, and whoever asks; once, over restarts too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import insert

from persistence.events import SERVER_LOG, AlertRuleChanged, Event, HandRaised, RoomRecovered, WorkerDied
from persistence.store import Store, new_event_id, utc_now
from persistence.tables import AlertRuleRow
from server.alerts.rule import Rule
from server.alerts.watch import FRESH, AlertWatch
from server.webhooks.dispatcher import Dispatcher
from tests.server.webhooks.conftest import open_store, postgres_socket, receiver, store, url
from tests.server.webhooks.test_delivery import SECRET, delivering, dispatcher_for, make
from tests.support.eventually import eventually
from tests.support.receiver import Receiver

__all__ = ["open_store", "postgres_socket", "receiver", "store", "url"]

DIED = WorkerDied(worker=0, reason="hung", exit_code=-9, lived_s=1, silent_s=5, participants=2, producers=2)
RECOVERED = RoomRecovered(duration_s=1, deaths=1, participants=2)


async def add_rule(store: Store, *endpoint_ids: str, when: str = "worker.died", until: str = "room.recovered") -> None:
    rule = Rule.model_validate(
        {
            "name": "A worker died",
            "when": {"event_types": [when]},
            "until": {"event_types": [until]},
            "endpoint_ids": [*endpoint_ids],
        }
    )
    now = utc_now()
    row = {"id": "ar_1", "rule": rule.model_dump(mode="json"), "enabled": True, "created_at": now, "updated_at": now}
    async with store._engine.begin() as connection:  # without the event of it
        await connection.execute(insert(AlertRuleRow).values(**row))


@asynccontextmanager
async def watching(store: Store, dispatcher: Dispatcher) -> AsyncIterator[AlertWatch]:
    """One that looks when the test says so, on the node that delivers."""
    watch = AlertWatch(store, dispatcher, clock=utc_now)
    async with delivering(dispatcher):

        async def leads() -> bool:
            return dispatcher.leading

        await eventually(leads, "the node delivers")
        await watch.look()
        yield watch


async def alerts(store: Store, meeting: str = "m") -> list[Any]:
    return [event for event in (await store.queries.events(meeting)).items if event.type.startswith("alert.")]


async def test_an_alert_is_logged_shown_and_sent_to_the_endpoints_of_its_rule(store: Store, receiver: Receiver) -> None:
    await make(store, receiver.url, "meeting.ended")
    await add_rule(store, "we_1")
    async with watching(store, dispatcher_for(store)) as watch:
        await store.emitter.emit("m", DIED, DIED)
        await store.flush()
        await watch.look()
        (lasting,) = await store.alerts.fired(still_open=True, limit=10)
        assert (lasting.name, lasting.meeting_id, lasting.cause_type) == ("A worker died", "m", "worker.died")
        await store.emitter.emit("m", RECOVERED)
        await store.flush()
        await watch.look()
        came = await receiver.wait_for_taken(2)
    assert [one.event["type"] for one in came] == ["alert.fired", "alert.recovered"]
    assert all(one.signed_by(SECRET) for one in came)
    assert await store.alerts.fired(still_open=True, limit=10) == []
    (over,) = await store.alerts.fired(still_open=False, limit=10)
    assert over.recovered_at is not None


async def test_looking_again_after_a_crash_adds_nothing(store: Store) -> None:
    await add_rule(store)
    async with watching(store, dispatcher_for(store)) as watch:
        await store.emitter.emit("m", DIED)
        await store.flush()
        await watch.look()
        await store.alerts.keep_cursor(0)  # as if it had crashed before it kept how far it was
    async with watching(store, dispatcher_for(store)) as again:
        await again.look()
        await store.emitter.emit("m", DIED)
        await store.flush()
        await again.look()
    assert [event.type for event in await alerts(store)] == ["alert.fired"]


async def test_a_rule_that_is_deleted_ends_its_alerts(store: Store) -> None:
    await add_rule(store)
    async with watching(store, dispatcher_for(store)) as watch:
        await store.emitter.emit("m", DIED)
        await store.flush()
        await watch.look()
        gone = AlertRuleChanged(rule_id="ar_1", what="deleted", by="operator")
        assert await store.alerts.delete("ar_1", fact=gone, revision=1)
        await watch.look()
    assert [event.payload.get("why") for event in await alerts(store)] == [None, "rule"]


async def test_what_happened_long_ago_and_is_brought_in_now_alarms_nobody(store: Store) -> None:
    await add_rule(store)
    async with watching(store, dispatcher_for(store)) as watch:
        old = Event.of(
            DIED, event_id=new_event_id(), meeting_id="m", participant_id=None, timestamp=utc_now() - 2 * FRESH
        )
        await store.emitter.deliver([old])
        await store.flush()
        await watch.look()
    assert await alerts(store) == []


async def test_a_record_that_is_behind_says_so_past_itself(store: Store, receiver: Receiver) -> None:
    """The news cannot wait for what is behind; it comes again in its order, with the same id."""
    problem: list[str | None] = [None]
    store.behind = lambda: problem[0]  # type: ignore[method-assign]
    await make(store, receiver.url, "meeting.ended")
    await add_rule(store, "we_1", when="record.behind", until="record.caught_up")
    async with watching(store, dispatcher_for(store)) as watch:
        problem[0] = "the record is 40 s behind"
        await watch.look()
        (at_once, *_) = await receiver.wait_for_taken(1)
        assert at_once.event["payload"]["cause_type"] == "record.behind"
        problem[0] = None
        await watch.look()
        await store.flush()
        await watch.look()
        came = await receiver.wait_for_taken(3)
    assert [one.event["type"] for one in came] == ["alert.fired", "alert.fired", "alert.recovered"]
    assert came[0].id == came[1].id
    assert [event.type for event in (await store.queries.events(SERVER_LOG)).items] == [
        *("record.behind", "alert.fired", "record.caught_up", "alert.recovered")
    ]


async def test_events_no_rule_asks_for_cost_a_cursor_and_nothing_else(store: Store) -> None:
    await add_rule(store)
    async with watching(store, dispatcher_for(store)) as watch:
        await store.emitter.emit("m", *[HandRaised()] * 1200, participant_id="p")
        await store.flush()
        await watch.look()
    assert 1000 <= (await store.alerts.cursor() or 0) <= 1200
    assert await alerts(store) == []

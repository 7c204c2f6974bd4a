"""Who is there hears in time that a meeting begins or ends (SIG-16)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.settings import LimitSettings
from persistence.errors import UnavailableError
from tests.signaling.conftest import Client, Node

AT = datetime.fromtimestamp(1_800_000_000, UTC) + timedelta(hours=1)
"""An hour after the node's clock."""


def at(node: Node, before_s: float) -> None:
    node.now = AT.timestamp() - before_s


async def look(node: Node) -> None:
    await node.gateway._signaling.reminders.look()
    await node.gateway._signaling.facts.drain()


def reminders(client: Client) -> list[Any]:
    return [data for name, data in client.heard if name == "meeting:reminder"]


def recorded(node: Node) -> list[dict[str, Any]]:
    return [fact.model_dump() for _, kind, _, fact in node.record.facts if kind == "meeting.reminded"]


async def entered(node: Node, **fields: Any) -> Client:
    await node.meeting(**fields)
    ada = await node.connect("ada")
    await ada.join("daily")
    return ada


async def test_everybody_in_the_room_is_told_once_five_minutes_before_the_end(node: Node) -> None:
    ada = await entered(node, scheduled_end_time=AT)
    bob = await node.connect("bob")
    await bob.join("daily")
    at(node, 301)
    await look(node)
    await ada.settle()
    assert reminders(ada) == []
    at(node, 300)
    for _ in range(3):
        await look(node)
    told = {"meeting_id": "daily", "about": "end", "at": AT.isoformat(), "in_s": 300}
    for person in (ada, bob):
        await person.settle()
        assert reminders(person) == [told]
    assert recorded(node) == [{"about": "end", "at": AT.isoformat(), "people": 2}]


async def test_whoever_waits_in_the_lobby_and_whoever_is_in_early_hears_of_the_start(node: Node) -> None:
    await node.meeting(lobby=True, creator_id="user-ada", scheduled_start_time=AT)
    bob = await node.connect("bob")
    assert (await bob.join("daily"))["waiting"] is True
    ada = await node.connect("ada")
    await ada.join("daily")
    at(node, 250)
    await look(node)
    for person in (ada, bob):
        assert (await person.told("meeting:reminder"))["about"] == "start"
    assert recorded(node) == [{"about": "start", "at": AT.isoformat(), "people": 2}]


async def test_whoever_waits_hears_nothing_of_the_end(node: Node) -> None:
    await node.meeting(lobby=True, scheduled_end_time=AT)
    bob = await node.connect("bob")
    await bob.join("daily")
    at(node, 250)
    await look(node)
    await bob.settle()
    assert reminders(bob) == []
    assert recorded(node) == []


async def test_the_first_to_come_within_the_time_hears_it_and_nobody_after_the_time(node: Node) -> None:
    await node.meeting(scheduled_end_time=AT)
    at(node, 200)
    await look(node)
    ada = await node.connect("ada")
    await ada.join("daily")
    at(node, 100)
    await look(node)
    assert (await ada.told("meeting:reminder"))["in_s"] == 100
    late = await node.meeting("late", scheduled_end_time=AT)
    bob = await node.connect("bob")
    await bob.join(late)
    at(node, 0)
    await look(node)
    await bob.settle()
    assert reminders(bob) == []


async def test_a_time_that_was_changed_is_told_anew(node: Node) -> None:
    ada = await entered(node, scheduled_end_time=AT)
    at(node, 250)
    await look(node)
    later = AT + timedelta(minutes=2)
    node.store.meetings.rows["daily"] = node.store.meetings.rows["daily"].model_copy(
        update={"scheduled_end_time": later}
    )
    await look(node)
    await ada.settle()
    assert len(reminders(ada)) == 1, "not yet"
    at(node, 150)
    await look(node)
    await ada.told("meeting:reminder", 2)
    assert [told["at"] for told in reminders(ada)] == [AT.isoformat(), later.isoformat()]


async def test_what_is_over_is_not_remembered(node: Node) -> None:
    await entered(node, scheduled_start_time=AT, scheduled_end_time=AT + timedelta(minutes=1))
    told = node.gateway._signaling.reminders
    at(node, 200)
    await look(node)
    assert len(told) == 2
    at(node, 0)
    await look(node)
    assert len(told) == 1
    at(node, -60)
    await look(node)
    assert len(told) == 0


async def test_who_has_lost_their_connection_is_not_counted_as_told(node: Node) -> None:
    ada = await entered(node, scheduled_end_time=AT)
    await ada.lose()
    await node.until(lambda: "participant.disconnected" in node.record.types("daily"))
    at(node, 200)
    await look(node)
    assert recorded(node) == []
    assert len(node.gateway._signaling.reminders) == 0, "they hear it when they are back in time"


@pytest.mark.parametrize("limits", [LimitSettings(remind_before_s=0)])
async def test_reminders_can_be_switched_off(node: Node) -> None:
    ada = await entered(node, scheduled_end_time=AT)
    for before_s in (300, 1, 0):
        at(node, before_s)
        await look(node)
    await ada.settle()
    assert reminders(ada) == []


async def test_a_record_that_is_away_ends_no_reminding(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.reminders.LOOK_S", 0)
    ada = await entered(node, scheduled_end_time=AT)
    schedules, failures = node.store.meetings.schedules, iter(range(3))

    async def failing(meeting_ids: Any) -> Any:
        if next(failures, None) is not None:
            raise UnavailableError("the database is away")
        return await schedules(meeting_ids)

    monkeypatch.setattr(node.store.meetings, "schedules", failing)
    at(node, 200)
    running = asyncio.create_task(node.gateway._signaling.reminders.run())
    try:
        await ada.told("meeting:reminder")
    finally:
        running.cancel()
    assert next(failures, None) is None


async def test_a_meeting_is_made_with_its_times_and_says_them_to_whoever_joins(node: Node) -> None:
    ada = await node.connect("ada")
    made = await ada.ask(
        "room:create",
        title="Lesson",
        scheduled_start_time="2030-01-01T13:00:00+01:00",
        scheduled_end_time="2030-01-01T12:45:00Z",
    )
    times = {
        "scheduled_start_time": "2030-01-01T12:00:00+00:00",
        "scheduled_end_time": "2030-01-01T12:45:00+00:00",
    }
    assert times.items() <= made["meeting"].items()
    assert times.items() <= (await ada.join(made["meeting"]["id"]))["meeting"].items()


@pytest.mark.parametrize(
    "times",
    [
        {"scheduled_start_time": "2030-01-01T12:00:00Z", "scheduled_end_time": "2030-01-01T13:00:00+01:00"},
        {"scheduled_end_time": "2030-01-01T12:00:00"},
        {"scheduled_end_time": "tomorrow"},
        {"scheduled_end_time": 1_900_000_000},
        {"scheduled_end_time": "0001-01-01T00:00:00+14:00"},
        {"scheduled_end_time": "2030-01-01T12:00:00Z" + " " * 40},
    ],
    ids=str,
)
async def test_times_that_are_none_or_in_the_wrong_order_are_refused(node: Node, times: dict[str, Any]) -> None:
    """MGT-16."""
    ada = await node.connect("ada")
    assert await ada.refused("room:create", **times) == "VALIDATION"

"""Events delivered twice, in any order, by several servers leave the record that each once and in turn would leave."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from persistence.events import AudioMuted, Event, MeetingCreated, MeetingStarted, ParticipantJoined, ParticipantLeft
from persistence.store import Store

from .checker import check_record
from .conftest import QUICK, Opener
from .story import event

MEETINGS = 6
STAYS = 12


def told() -> list[Event]:
    """Six meetings side by side in which people come, are muted and go."""
    events: list[Event] = []

    def say(
        payload: MeetingCreated | MeetingStarted | ParticipantJoined | AudioMuted | ParticipantLeft, **to: str
    ) -> None:
        events.append(event(len(events), payload, meeting=to["meeting"], actor=to.get("actor")))

    for number in range(MEETINGS):
        meeting = f"m{number}"
        say(MeetingCreated(title=f"About {meeting}", creator_id="ann"), meeting=meeting)
        say(MeetingStarted(title=f"About {meeting}"), meeting=meeting)
        for stay in range(STAYS):
            user, actor = f"user-{stay % 4}", f"{meeting}-{stay}"
            say(ParticipantJoined(user_id=user, display_name=user, role="participant"), meeting=meeting, actor=actor)
            say(AudioMuted(), meeting=meeting, actor=actor)
            if stay % 3:
                say(ParticipantLeft(user_id=user, reason="left"), meeting=meeting, actor=actor)
    return events


async def deliver(store: Store, events: list[Event], rng: Random) -> None:
    """Every event at least once and some again, in any order, in calls of any size, eight at a time."""
    heard = [*events, *rng.sample(events, len(events) // 2)]
    rng.shuffle(heard)
    turn = asyncio.Semaphore(8)

    async def call(batch: list[Event]) -> None:
        async with turn:
            await store.emitter.deliver(batch)

    async with asyncio.TaskGroup() as calls:
        while heard:
            size = rng.randint(1, 12)
            calls.create_task(call(heard[:size]))
            heard = heard[size:]


async def summary(store: Store) -> list[object]:
    """What people see of it."""
    found: list[object] = []
    for number in range(MEETINGS):
        meeting = await store.meetings.get(f"m{number}")
        assert meeting is not None
        found.append((meeting.title, meeting.status, meeting.actual_start_time, meeting.current_participants_count))
        found.append(await store.queries.participants(meeting.id))
        found.append(await store.queries.counts(meeting.id))
    return found


@pytest.mark.parametrize("seed", range(3))
async def test_duplicated_and_shuffled_deliveries_leave_the_same_record(
    open_store: Opener, tmp_path: Path, seed: int
) -> None:
    events = told()
    straight = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'straight.db'}", tmp_path / "straight", options=QUICK)
    await straight.emitter.deliver(events)
    wanted = await summary(straight)
    await straight.close()
    store = await open_store()
    await deliver(store, events, Random(seed))
    ids = {one.event_id for one in events}
    assert await check_record(store, acknowledged=ids, intended=ids) == len(events)
    assert await summary(store) == wanted
    assert store.metrics()["events_duplicate_total"] == len(events) // 2


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_two_servers_that_are_fed_the_same_events_store_each_once(open_store: Opener) -> None:
    events = told()
    servers = [await open_store(node=node) for node in ("one", "two")]
    await asyncio.gather(*(deliver(server, events, Random(seed)) for seed, server in enumerate(servers)))
    ids = {one.event_id for one in events}
    for server in servers:
        assert await check_record(server, acknowledged=ids, intended=ids) == len(events)
    assert await summary(servers[0]) == await summary(servers[1])
    stored = [server.metrics()["events_stored_total"] for server in servers]
    assert sum(stored) == len(events)
    assert all(server.metrics()["events_failed_total"] == 0 for server in servers)

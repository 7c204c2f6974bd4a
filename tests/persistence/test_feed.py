"""The log of all meetings is followed by position: in order, from anywhere, missing nothing."""

from __future__ import annotations

import asyncio

from sqlalchemy import delete

from persistence import feed
from persistence.events import AudioMuted, HandLowered, HandRaised
from persistence.feed import PlacedEvent
from persistence.store import Store
from persistence.tables import MeetingLogRow

from .conftest import Opener


async def follow(store: Store, after: int = 0, **filters: object) -> list[PlacedEvent]:
    """Everything there is beyond `after`."""
    await store.flush()
    found: list[PlacedEvent] = []
    while True:
        stretch = await store.feed.read(after, **filters)  # type: ignore[arg-type]
        found += stretch.events
        if stretch.end == after:
            return found
        after = stretch.end


async def test_places_are_given_in_order_across_meetings(store: Store) -> None:
    for meeting in ("a", "b", "a"):
        await store.emitter.emit(meeting, HandRaised(), HandLowered(), participant_id="p")
    events = await follow(store)
    assert [event.position for event in events] == [1, 2, 3, 4, 5, 6]
    assert [(event.meeting_id, event.sequence) for event in events] == [
        *(("a", 1), ("a", 2), ("b", 1), ("b", 2)),
        *(("a", 3), ("a", 4)),
    ]


async def test_a_follower_goes_on_where_it_was(store: Store) -> None:
    await store.emitter.emit("m", *[HandRaised()] * 10, participant_id="p")
    await store.flush()
    first = await store.feed.read(0, limit=4)
    assert (len(first.events), first.end) == (4, 4)
    assert [event.sequence for event in await follow(store, first.end)] == [5, 6, 7, 8, 9, 10]


async def test_types_and_a_meeting_can_be_chosen(store: Store) -> None:
    for meeting in ("a", "b"):
        await store.emitter.emit(meeting, HandRaised(), AudioMuted(), participant_id="p")
    assert [event.position for event in await follow(store, types={"audio.muted"})] == [2, 4]
    assert [event.position for event in await follow(store, meeting_id="b")] == [3, 4]
    assert await follow(store, types={"audio.muted"}, meeting_id="c") == []


async def test_a_question_looks_at_a_bounded_stretch_and_holes_cost_nothing(store: Store, monkeypatch: object) -> None:
    monkeypatch.setattr(feed, "WINDOW", 5)  # type: ignore[attr-defined]
    await store.emitter.emit("m", *[HandRaised()] * 20, AudioMuted(), participant_id="p")
    await store.flush()
    assert (await store.feed.read(0, types={"audio.muted"})) == feed.Stretch([], 5)
    async with store._engine.begin() as connection:
        await connection.execute(delete(MeetingLogRow).where(MeetingLogRow.position.between(2, 19)))
    assert (await store.feed.read(1)).end == 21
    assert [event.position for event in await follow(store, types={"audio.muted"})] == [21]


async def test_whoever_waits_is_told_at_once_of_what_this_node_stored(store: Store) -> None:
    assert not await store.feed.beyond(0, within_s=0)
    waiting = asyncio.create_task(store.feed.beyond(0, within_s=30))
    await store.emitter.emit("m", HandRaised(), participant_id="p")
    await store.flush()
    assert await waiting


async def test_what_another_node_stored_is_seen_too(open_store: Opener) -> None:
    here, there = await open_store(node="here"), await open_store(node="there")
    waiting = asyncio.create_task(here.feed.beyond(0, within_s=30))
    await there.emitter.emit("m", HandRaised(), participant_id="p")
    assert await waiting
    assert [event.type for event in (await here.feed.read(0)).events] == ["hand.raised"]


async def test_two_nodes_at_once_never_show_a_later_place_before_an_earlier_one(open_store: Opener) -> None:
    stores = [await open_store(node="here"), await open_store(node="there")]
    seen: list[int] = []

    async def emit(store: Store, meeting: str) -> None:
        for _ in range(40):
            await store.emitter.emit(meeting, HandRaised(), HandLowered(), participant_id="p")

    async def watch() -> None:
        after = 0
        while after < 160:
            if await stores[0].feed.beyond(after, within_s=5):
                stretch = await stores[0].feed.read(after)
                seen.extend(event.position for event in stretch.events)
                after = stretch.end

    async with asyncio.timeout(60):
        await asyncio.gather(watch(), *(emit(store, f"m{number}") for number, store in enumerate(stores)))
    assert seen == list(range(1, 161))


async def test_the_place_of_a_meetings_event_is_found(store: Store) -> None:
    for meeting in ("a", "b"):
        await store.emitter.emit(meeting, HandRaised(), HandLowered(), participant_id="p")
    await store.flush()
    assert await store.feed.place_of("b", 2) == 4
    assert await store.feed.place_of("b", 3) is None

"""What `emit` promises to whoever awaits it."""

from __future__ import annotations

import asyncio
from datetime import UTC

import pytest

from persistence.errors import InvalidEventError, StoreClosedError
from persistence.events import AudioMuted, ConferenceJoined, MeetingStarted, ParticipantJoined
from persistence.store import Store


async def test_facts_of_one_call_stay_together_and_in_order(store: Store) -> None:
    async def join(user: str) -> None:
        await store.emitter.emit(
            "m",
            ConferenceJoined(user_id=user, display_name=user),
            ParticipantJoined(user_id=user, display_name=user, role="participant"),
            participant_id=user,
        )

    await asyncio.gather(*(join(f"user-{number}") for number in range(30)))
    items = (await store.queries.events("m")).items
    assert [item.type for item in items] == ["conference.joined", "participant.joined"] * 30
    for first, second in zip(items[::2], items[1::2], strict=True):
        assert first.participant_id == second.participant_id


async def test_a_fact_may_bring_its_own_actor(store: Store) -> None:
    events = await store.emitter.emit(
        "m", MeetingStarted(title="t"), (AudioMuted(), "bob"), AudioMuted(), participant_id="ann"
    )
    assert [event.participant_id for event in events] == ["ann", "bob", "ann"]


async def test_events_get_increasing_ids_and_the_time_in_utc(store: Store) -> None:
    events = [(await store.emitter.emit("m", MeetingStarted(title="t")))[0] for _ in range(20)]
    assert [event.event_id for event in events] == sorted(event.event_id for event in events)
    assert all(event.timestamp.tzinfo is UTC and event.event_id[14] == "7" for event in events)


async def test_one_bad_fact_keeps_all_of_its_call_out(store: Store) -> None:
    with pytest.raises(InvalidEventError):
        await store.emitter.emit("m", MeetingStarted(title="t"), AudioMuted())
    assert await store.queries.counts("m") == {}


async def test_a_call_too_large_for_a_record_is_refused(store: Store) -> None:
    with pytest.raises(InvalidEventError, match="too many"):
        await store.emitter.emit("m", *[MeetingStarted(title="t" * 255)] * 5000)


async def test_a_closed_store_takes_nothing(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreClosedError):
        await store.emitter.emit("m", MeetingStarted(title="t"))

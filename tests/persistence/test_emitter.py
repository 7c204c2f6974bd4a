"""What `emit` promises to whoever awaits it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from persistence.errors import InvalidEventError, StoreClosedError
from persistence.event_clock import BELIEVED_AHEAD, EventClock, moments_of
from persistence.events import AudioMuted, ClientVideoFroze, ConferenceJoined, MeetingStarted, ParticipantJoined
from persistence.journal_entry import Entry
from persistence.store import Store

from .conftest import QUICK
from .story import DAWN, event

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


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


async def times_of(store: Store, calls: int = 2) -> list[datetime]:
    events = [event for _ in range(calls) for event in await store.emitter.emit("m", *[MeetingStarted(title="t")] * 2)]
    return [event.timestamp for event in events]


async def test_time_goes_on_while_the_clock_is_set_back(url: str, tmp_path: Path) -> None:
    clock = [NOON]
    store = await Store.open(url, tmp_path / "node", clock=lambda: clock[0], options=QUICK)
    try:
        before = await times_of(store)
        clock[0] -= timedelta(hours=1)
        after = await times_of(store)
        assert before[0] == NOON
        assert sorted({*before, *after}) == [*before, *after]
        clock[0] = NOON + timedelta(hours=1)
        assert (await times_of(store))[0] == clock[0]
    finally:
        await store.close()


@pytest.mark.parametrize("applied", [True, False])
async def test_time_goes_on_over_a_start_with_a_clock_that_was_set_back(
    url: str, tmp_path: Path, applied: bool
) -> None:
    """Whether the last events are in the database already, or in the journal alone. Nobody waits for a lost day."""
    store = await Store.open(url, tmp_path / "node", clock=lambda: NOON, options=QUICK)
    if not applied:
        await store._writer.stop(within_s=0)
    last = (await times_of(store))[-1]
    await store.close()
    for set_back, goes_on in ((timedelta(hours=1), True), (BELIEVED_AHEAD * 2, False)):
        set_to = NOON - set_back
        store = await Store.open(url, tmp_path / "node", clock=lambda moment=set_to: moment, options=QUICK)
        moments = await times_of(store)
        assert (moments[0] > last) == goes_on
        last = moments[-1]
        await store.close()


def test_what_a_client_says_of_the_time_moves_no_clock() -> None:
    clock = EventClock(lambda: DAWN)
    reported = event(1, ClientVideoFroze(frozen_ms=1, producer_id="t1"), actor="p")
    clock.resume(moments_of([Entry("1", {}, reported)]))
    assert clock.next() == DAWN


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

"""Questions see everything that was emitted before them, page by page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from persistence.events import AudioMuted, HandRaised, MeetingStarted, ParticipantJoined, VideoMuted
from persistence.filters import EventFilter
from persistence.store import Store, StoreOptions

from .conftest import Opener
from .story import DAWN, event


async def collect(store: Store, limit: int) -> list[int]:
    sequences: list[int] = []
    after: int | None = 0
    while after is not None:
        page = await store.queries.events("m", after=after, limit=limit)
        assert len(page.items) <= limit
        sequences += [item.sequence for item in page.items]
        after = page.next_after
    return sequences


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 1000])
async def test_pages_put_together_are_the_whole(store: Store, limit: int) -> None:
    for _ in range(7):
        await store.emitter.emit("m", HandRaised(), participant_id="p")
    assert await collect(store, limit) == list(range(1, 8))


async def test_a_page_is_never_larger_than_a_thousand_nor_empty_by_request(store: Store) -> None:
    await store.emitter.emit("m", *[HandRaised()] * 1001, participant_id="p")
    page = await store.queries.events("m", limit=10**9)
    assert (len(page.items), page.next_after) == (1000, 1000)
    assert len((await store.queries.events("m", limit=-5)).items) == 1


async def test_filters_by_type_and_by_participant(store: Store) -> None:
    await store.emitter.emit("m", AudioMuted(), VideoMuted(), participant_id="ann")
    await store.emitter.emit("m", AudioMuted(), participant_id="bob")
    await store.emitter.emit("other", AudioMuted(), participant_id="ann")

    async def sequences(**filters: str) -> list[int]:
        page = await store.queries.events("m", EventFilter(**filters))  # type: ignore[arg-type]
        return [item.sequence for item in page.items]

    assert await sequences() == [1, 2, 3]
    assert await sequences(type="audio.muted") == [1, 3]
    assert await sequences(participant_id="ann") == [1, 2]
    assert await sequences(type="audio.muted", participant_id="ann") == [1]
    assert await sequences(type="teapot.boiled") == []


async def test_an_event_comes_back_as_it_was_emitted(store: Store) -> None:
    (event,) = await store.emitter.emit(
        "m", ParticipantJoined(user_id="zoë", display_name="Zoë 世界 👋", role="host"), participant_id="p"
    )
    (item,) = (await store.queries.events("m")).items
    assert item.model_dump(mode="json", exclude={"sequence"}) == event.model_dump(mode="json")


async def test_counts_by_type(store: Store) -> None:
    await store.emitter.emit("m", AudioMuted(), AudioMuted(), VideoMuted(), participant_id="p")
    assert await store.queries.counts("m") == {"audio.muted": 2, "video.muted": 1}


async def test_an_unknown_meeting_has_nothing(store: Store) -> None:
    assert (await store.queries.events("nowhere")).items == []
    assert await store.queries.counts("nowhere") == {}
    assert await store.queries.participants("nowhere") == []
    assert await store.meetings.get("nowhere") is None


@pytest.mark.parametrize("meeting_id", ["", "a b", "m\x00", "ü", "x" * 65, "../m"])
async def test_an_id_that_no_meeting_can_have_is_unknown(store: Store, meeting_id: str) -> None:
    assert await store.meetings.get(meeting_id) is None
    assert (await store.queries.events(meeting_id)).items == []
    assert await store.queries.counts(meeting_id) == {}
    assert await store.queries.participants(meeting_id) == []


async def test_filters_with_odd_text_find_nothing_and_break_nothing(store: Store) -> None:
    await store.emitter.emit("m", MeetingStarted(title="t"))
    assert (await store.queries.events("m", EventFilter(type="\x00'--", user_id="\ud800"))).items == []
    assert (await store.queries.events("m", after=10**40)).items == []


def seconds(number: float) -> datetime:
    return DAWN + timedelta(seconds=number)


async def test_filters_by_time_whatever_order_events_came_in(store: Store) -> None:
    told = [event(number, HandRaised(), actor="p") for number in range(1, 9)]
    await store.emitter.deliver([told[index] for index in (4, 0, 1, 7, 2, 3, 6, 5)])

    async def found(since: float | None, until: float | None) -> list[int]:
        wanted = EventFilter(
            since=seconds(since) if since is not None else None, until=seconds(until) if until is not None else None
        )
        pages = [page async for page in store.queries.all_events("m", wanted)]
        return sorted(round((item.timestamp - DAWN).total_seconds()) for page in pages for item in page)

    assert await found(3, 6) == [3, 4, 5]
    assert await found(None, 3) == [1, 2]
    assert await found(7, None) == [7, 8]
    assert await found(20, 30) == []
    assert await found(None, None) == list(range(1, 9))


async def test_a_persons_events_are_those_of_all_their_stays(store: Store) -> None:
    for user, stay in (("ann", "p1"), ("bob", "p2"), ("ann", "p3")):
        joined = ParticipantJoined(user_id=user, display_name=user, role="host")
        await store.emitter.emit("m", joined, HandRaised(), participant_id=stay)
    page = await store.queries.events("m", EventFilter(user_id="ann", type="hand.raised"))
    assert [item.participant_id for item in page.items] == ["p1", "p3"]
    assert (await store.queries.events("m", EventFilter(user_id="eve"))).items == []


async def test_all_events_end_where_the_log_ended_when_it_was_asked(store: Store) -> None:
    await store.emitter.emit("m", *[HandRaised()] * 1500, participant_id="p")
    pages = store.queries.all_events("m")
    first = await anext(pages)
    await store.emitter.emit("m", HandRaised(), participant_id="p")
    rest = [item async for page in pages for item in page]
    assert [item.sequence for item in (*first, *rest)] == list(range(1, 1501))
    assert [page async for page in store.queries.all_events("nowhere")] == []


async def test_counts_say_how_often_and_a_repetition_is_none(store: Store) -> None:
    told = [event(number, HandRaised(), actor="p") for number in range(1, 4)]
    await store.emitter.deliver(told)
    await store.emitter.deliver([told[0]])
    assert await store.queries.counts("m") == {"hand.raised": 3}


async def test_whose_stay_it_is_hurries_nobody_once_it_is_known_and_waits_for_those_that_are_not(
    open_store: Opener, quick: Callable[..., StoreOptions]
) -> None:
    store = await open_store(quick(writer=type(quick().writer)(batch_delay_s=60)))
    joined = ParticipantJoined(user_id="ann", display_name="Ann", role="host")
    await store.emitter.emit("m", joined, participant_id="a1")
    assert await store.queries.stays_of("ann", {("m", "a1")}) == {("m", "a1")}
    await store.emitter.emit("m", HandRaised(), participant_id="a1")
    assert await store.queries.stays_of("ann", {("m", "a1")}) == {("m", "a1")}
    assert store.metrics()["events_stored_total"] == 1
    await store.emitter.emit("m", joined, participant_id="a2")
    assert await store.queries.stays_of("ann", {("m", "a2"), ("m", "nobody")}) == {("m", "a2")}
    assert await store.queries.stays_of("bob", {("m", "a1"), ("m", "a2")}) == set()
    assert await store.queries.stays_of("ann", set()) == set()

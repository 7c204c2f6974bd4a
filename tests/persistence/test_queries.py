"""Questions see everything that was emitted before them, page by page."""

from __future__ import annotations

import pytest

from persistence.events import AudioMuted, HandRaised, MeetingStarted, ParticipantJoined, VideoMuted
from persistence.store import Store


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
        return [item.sequence for item in (await store.queries.events("m", **filters)).items]  # type: ignore[arg-type]

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
    assert (await store.queries.events("m", type="\x00'--", participant_id="\ud800")).items == []
    assert (await store.queries.events("m", after=10**40)).items == []

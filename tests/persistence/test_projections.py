"""The tables are a function of what happened, not of how its news travelled."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.apply import apply
from persistence.database import create_engine, writing
from persistence.events import Event, HandRaised, MeetingEnded, MeetingStarted, ParticipantJoined, ParticipantLeft
from persistence.migrations import migrate
from persistence.repositories import NewMeeting
from persistence.store import Store
from persistence.tables import (
    AlertRow,
    Base,
    CaptureRow,
    MeetingAnalyticsRow,
    MeetingBlockRow,
    MeetingCounterRow,
    MeetingLogRow,
    MeetingRow,
    ParticipantEngagementRow,
    ParticipantRow,
    ParticipantSessionRow,
    ParticipantStateRow,
    PollResponseRow,
    PollRow,
    TrackRow,
)

from .conftest import Ask
from .story import DAWN, event, tangled

PROJECTED = (
    MeetingRow,
    ParticipantRow,
    ParticipantSessionRow,
    MeetingBlockRow,
    MeetingLogRow,
    AlertRow,
    PollRow,
    PollResponseRow,
    TrackRow,
    ParticipantStateRow,
    CaptureRow,
    MeetingCounterRow,
    MeetingAnalyticsRow,
    ParticipantEngagementRow,
)
SURROGATES = {"created_at", "updated_at", "recorded_at", "last_sequence", "sequence", "position"}


async def tables_after(
    engine: AsyncEngine, batches: Sequence[Sequence[Event]], projected: Sequence[type[Base]] = PROJECTED
) -> dict[str, list[dict[str, Any]]]:
    """Every row that follows from the batches, without what tells when it was written."""
    async with writing(engine).begin() as connection:
        await connection.execute(delete(MeetingRow))
    for batch in batches:
        async with writing(engine).begin() as connection:
            await apply(connection, batch, now=DAWN)
    found = {}
    async with engine.connect() as connection:
        for row in projected:
            table = row.__table__
            rows = (await connection.execute(select(table).order_by(*table.primary_key))).mappings()
            found[table.name] = [{k: v for k, v in entry.items() if k not in SURROGATES} for entry in rows]
            if row is MeetingLogRow:
                await _expect_dense_sequences(connection)
    return found


async def _expect_dense_sequences(connection: Any) -> None:
    numbered: dict[str, list[int]] = {}
    for entry in await connection.execute(select(MeetingLogRow.meeting_id, MeetingLogRow.sequence)):
        numbered.setdefault(entry.meeting_id, []).append(entry.sequence)
    for sequences in numbered.values():
        assert sorted(sequences) == list(range(1, len(sequences) + 1))


def split(events: list[Event], rng: random.Random) -> list[list[Event]]:
    cuts = sorted({0, len(events), *(rng.randint(0, len(events)) for _ in range(rng.randint(0, 4)))})
    return [events[start:stop] for start, stop in pairwise(cuts)]


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=tangled(), rng=st.randoms(use_true_random=False))
async def test_any_order_repetition_and_batching_gives_the_same_tables(
    migrated: AsyncEngine, told: list[Event], rng: random.Random
) -> None:
    expected = await tables_after(migrated, [told])
    heard = [*told, *rng.sample(told, rng.randint(0, len(told)))]
    rng.shuffle(heard)
    assert await tables_after(migrated, split(heard, rng)) == expected


async def test_a_participant_event_makes_the_meeting_it_is_ahead_of(store: Store) -> None:
    joined = ParticipantJoined(user_id="ann", display_name="Ann", role="host")
    await store.emitter.emit("early", joined, participant_id="p1")
    assert await store.meetings.get("early") is None
    assert [person.user_id for person in await store.queries.participants("early")] == ["ann"]
    made = await store.meetings.create(NewMeeting(id="early", title="Early birds"))
    assert (made.title, made.current_participants_count) == ("Early birds", 1)


async def test_a_start_names_a_meeting_that_was_never_created(store: Store) -> None:
    await store.emitter.emit("m", MeetingStarted(title="Stand-up"))
    meeting = await store.meetings.get("m")
    assert meeting is not None
    assert meeting.title == "Stand-up"


async def test_a_meeting_goes_from_scheduled_over_in_progress_to_completed(store: Store) -> None:
    meeting = await store.meetings.create(NewMeeting(title="Weekly"))

    async def now() -> tuple[str, int, bool, bool]:
        found = await store.meetings.get(meeting.id)
        assert found is not None
        times = (found.actual_start_time is not None, found.actual_end_time is not None)
        return (found.status.value, found.current_participants_count, *times)

    assert await now() == ("Scheduled", 0, False, False)
    joined = ParticipantJoined(user_id="ann", display_name="Ann", role="host")
    await store.emitter.emit(meeting.id, MeetingStarted(title="Weekly"), (joined, "p1"))
    assert await now() == ("InProgress", 1, True, False)
    await store.emitter.emit(meeting.id, (ParticipantLeft(user_id="ann", reason="left"), "p1"))
    assert await now() == ("InProgress", 0, True, False)
    await store.emitter.emit(meeting.id, MeetingEnded(reason="empty"))
    assert await now() == ("Completed", 0, True, True)
    found = await store.meetings.get(meeting.id)
    assert found is not None
    assert (found.title, found.revision) == ("Weekly", 1)


async def test_nobody_is_left_in_a_meeting_that_ended(store: Store) -> None:
    joined = ParticipantJoined(user_id="ann", display_name="Ann", role="host")
    await store.emitter.deliver(
        [
            event(1, MeetingStarted(title="t")),
            event(2, joined, actor="p1"),
            event(3, MeetingEnded(reason="the server stopped")),
        ]
    )
    found = await store.meetings.get("m")
    assert found is not None
    assert found.current_participants_count == 0


async def test_a_person_is_one_row_with_every_stay_and_the_time_of_all(store: Store) -> None:
    def joined(name: str) -> ParticipantJoined:
        return ParticipantJoined(user_id="ann", display_name=name, role="host")

    left = ParticipantLeft(user_id="ann", reason="left")
    await store.emitter.deliver(
        [
            event(10, joined("Ann"), actor="p1"),
            event(25, left, actor="p1"),
            event(40, joined("Ann B."), actor="p2"),
        ]
    )
    (person,) = await store.queries.participants("m")
    assert (person.display_name, person.joined_at, person.left_at) == ("Ann B.", DAWN + timedelta(seconds=10), None)
    assert person.total_duration_s == 15
    await store.emitter.deliver([event(47, left, actor="p2")])
    (person,) = await store.queries.participants("m")
    assert (person.total_duration_s, person.left_at) == (22, DAWN + timedelta(seconds=47))
    assert [(stay.participant_id, stay.left_reason) for stay in person.stays] == [("p1", "left"), ("p2", "left")]


async def test_an_id_that_returns_with_another_body_is_a_conflict_and_changes_nothing(url: str) -> None:
    engine = create_engine(url)
    first, other = event(1, MeetingStarted(title="one")), event(1, MeetingStarted(title="two"))
    elsewhere = event(1, MeetingStarted(title="one"), meeting="n")
    try:
        await migrate(engine)
        for batch, stored in (([first, other], 1), ([elsewhere, first], 0)):
            async with writing(engine).begin() as connection:
                applied = await apply(connection, batch, now=DAWN)
            assert (applied.stored, applied.duplicates) == (stored, 1 - stored)
            assert list(applied.conflicts) == [one for one in batch if one != first]
    finally:
        await engine.dispose()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_two_nodes_number_one_meeting_without_gaps(url: str, tmp_path: Path) -> None:
    stores = [await Store.open(url, tmp_path / str(node)) for node in range(2)]
    try:
        for _ in range(20):
            await asyncio.gather(*(one.emitter.emit("m", HandRaised(), participant_id="p") for one in stores))
        await asyncio.gather(*(one.flush() for one in stores))
        page = await stores[0].queries.events("m", limit=1000)
        assert [item.sequence for item in page.items] == list(range(1, 41))
    finally:
        for one in stores:
            await one.close()


async def test_deleting_a_meeting_takes_its_people_and_log_along(store: Store, ask: Ask) -> None:
    joined = ParticipantJoined(user_id="ann", display_name="Ann", role="host")
    await store.emitter.emit("m", MeetingStarted(title="t"), (joined, "p1"))
    await store.flush()
    async with writing(store._engine).begin() as connection:
        await connection.execute(delete(MeetingRow))
    for table in set(Base.metadata.tables) - {"journal_position", "log_head"}:
        assert await ask(f"SELECT * FROM {table}") == []  # noqa: S608 - our own table names


async def test_a_stay_that_turns_out_to_be_anothers_counts_for_them_alone(migrated: AsyncEngine) -> None:
    """Reports may say of one participant who they were in two ways: the earlier arrival counts."""
    late, early = (
        event(number, ParticipantJoined(user_id=user, display_name=user, role="participant"), actor="p1")
        for number, user in ((5, "bob"), (1, "ann"))
    )
    left = event(9, ParticipantLeft(user_id="bob", reason="left"), actor="p1")
    tables = await tables_after(migrated, [[late], [early], [left]])
    (person,) = tables["participants"]
    assert person["user_id"] == "ann"
    assert person["total_duration_s"] == 8
    assert tables == await tables_after(migrated, [[left, early, late]])

"""Every row that follows from the log can be made anew from it, and is then the same (EVT-10)."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from persistence import database, replay
from persistence.apply import apply
from persistence.database import create_engine, writing
from persistence.events import (
    SERVER_LOG,
    AlertFired,
    ChatMessageDeleted,
    ChatMessageSent,
    Event,
    HandRaised,
    MeetingEnded,
    MeetingStarted,
    ParticipantJoined,
    PollClosed,
    PollCreated,
    PollVoted,
)
from persistence.mending import Mended
from persistence.migrations import migrate
from persistence.projections import PROJECTIONS
from persistence.replay import BY_NAME, Replay, Replayed
from persistence.retention import Retention
from persistence.staging import Staged
from persistence.store import Store
from persistence.tables import ArchivedEventRow, ArchiveRow, Base, MeetingRow

from .story import DAWN, event, tangled

FILLED = {
    "meetings": {"meetings", "meeting_lifecycles"},
    "people": {"participants", "participant_sessions"},
    "blocks": {"meeting_blocks"},
    "chat": {"chat_messages"},
    "polls": {"polls", "poll_responses"},
    "tracks": {"tracks"},
    "states": {"participant_states"},
    "captures": {"captures"},
    "counters": {"meeting_counters", "participant_acts"},
    "alerts": {"alerts"},
    "analytics": {"meeting_analytics", "participant_engagement"},
}
"""Which tables each projection fills."""

Rows = dict[str, list[dict[str, Any]]]


async def everything(engine: AsyncEngine) -> Rows:
    async with engine.connect() as connection:
        return {
            table.name: [
                dict(row) for row in (await connection.execute(select(table).order_by(*table.primary_key))).mappings()
            ]
            for table in Base.metadata.sorted_tables
            if table.name not in {"log_head", "journal_position"}
        }


async def spoil(engine: AsyncEngine, rng: random.Random, names: set[str]) -> None:
    """Lose some rows of these tables, and bend what there is of the meetings."""
    async with writing(engine).begin() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in names or table.name == "meetings":
                continue
            for row in (await connection.execute(select(*table.primary_key))).all():
                if rng.random() < 0.5:
                    await connection.execute(
                        delete(table).where(*(c == v for c, v in zip(table.primary_key, row, strict=True)))
                    )
        if "meetings" in names:
            await connection.execute(update(MeetingRow).values(actual_end_time=DAWN, current_participants_count=99))


async def run(engine: AsyncEngine, **asked: Any) -> list[Replayed]:
    return [one async for one in Replay(engine).run(**asked)]


def conversation(start: int) -> list[Event]:
    """Chat, polls and alerts, which stories do not tell of."""
    sent = ChatMessageSent(
        message_id="c1", revision=1, message_type="Text", user_id="ann", display_name="Ann", text="hi"
    )
    asked = PollCreated(
        poll_id="q", poll_type="YesNo", question="Well?", options=["y", "n"], user_id="ann", display_name="Ann"
    )
    voted = PollVoted(poll_id="q", revision=1, ballot="bob", user_id="bob", display_name="Bob", choices=[0])
    fired = AlertFired(
        alert_id="a", rule_id="r", name="Media", endpoint_ids=[], cause_id="e", cause_type="worker.died", count=1
    )
    facts = [sent, asked, voted, PollClosed(poll_id="q"), ChatMessageDeleted(message_id="c1", revision=2), fired]
    return [event(start + number, fact, actor="m-0-0") for number, fact in enumerate(facts)]


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=tangled(), rng=st.randoms(use_true_random=False))
async def test_a_replay_gives_the_same_tables_row_for_row(url: str, told: list[Event], rng: random.Random) -> None:
    engine = create_engine(url)
    try:
        await migrate(engine)
        async with writing(engine).begin() as connection:
            await connection.execute(delete(MeetingRow))
        cut = rng.randint(0, len(told))
        for batch in (told[:cut], told[cut:], conversation(len(told))):
            async with writing(engine).begin() as connection:
                await apply(connection, batch, now=DAWN)
        expected = await everything(engine)
        await spoil(engine, rng, set().union(*FILLED.values()))
        await run(engine)
        assert await everything(engine) == expected
        name = rng.choice(sorted(FILLED))
        await spoil(engine, rng, FILLED[name])
        await run(engine, projections=[name])
        assert await everything(engine) == expected
    finally:
        await engine.dispose()


def test_every_projection_can_be_named_and_is_tested_here() -> None:
    assert set(BY_NAME) == {projection.name for projection in PROJECTIONS} == set(FILLED)


def test_every_table_of_a_meeting_is_made_anew_or_is_known_not_to_follow_from_the_log() -> None:
    of_meetings = {
        table.name
        for table in Base.metadata.sorted_tables
        if any(key.column.table.name == "meetings" for key in table.foreign_keys)
    }
    assert of_meetings == set().union(*FILLED.values()) - {"meetings"} | {"meeting_logs"}


async def test_one_meeting_is_made_anew_and_the_others_are_left(url: str) -> None:
    engine = create_engine(url)
    await migrate(engine)
    joined = ParticipantJoined(user_id="ann", display_name="Ann", role="host")
    async with writing(engine).begin() as connection:
        told = [
            event(number, fact, meeting=meeting, actor="p")
            for number, (meeting, fact) in enumerate(
                (meeting, fact) for meeting in ("m", "n") for fact in (MeetingStarted(title="t"), joined)
            )
        ]
        await apply(connection, told, now=DAWN)
    await spoil(engine, random.Random(1), {"meetings"})
    assert await run(engine, meeting_id="m") == [Replayed("m", 2, 1)]
    async with engine.connect() as connection:
        present = dict(
            (await connection.execute(select(MeetingRow.id, MeetingRow.current_participants_count))).all()  # type: ignore[arg-type]
        )
    assert present == {"m": 1, "n": 99}
    assert await run(engine, meeting_id="nowhere") == []
    await engine.dispose()


async def test_a_replay_of_what_is_right_changes_nothing(url: str) -> None:
    engine = create_engine(url)
    await migrate(engine)
    async with writing(engine).begin() as connection:
        await apply(connection, conversation(1), now=DAWN)
    assert await run(engine) == [Replayed("m", 6)]
    await engine.dispose()


async def test_nobody_waits_for_more_than_a_page_and_what_happens_meanwhile_is_there(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each page the meeting goes on, in a transaction that could not begin if the replay held it."""
    monkeypatch.setattr(replay, "PAGE", 3)
    engine, other = create_engine(url), create_engine(url, busy_timeout_ms=100)
    await migrate(engine)
    told = [event(0, MeetingStarted(title="t"))]
    for number in range(1, 20):
        joined = ParticipantJoined(user_id=f"user-{number % 7}", display_name="Ann", role="host")
        told += [event(2 * number, joined, actor=f"p{number}"), event(2 * number + 1, HandRaised(), actor=f"p{number}")]
    async with writing(engine).begin() as connection:
        await apply(connection, told, now=DAWN)
    await spoil(engine, random.Random(3), set().union(*FILLED.values()))
    page, read_page, holding = Mended.page, Replay._read_page, Replay._holding
    sizes: list[int] = []
    went_on: list[Event] = []

    async def go_on() -> None:
        went_on.append(event(1000 + len(went_on), HandRaised(), actor=f"p{len(went_on) % 9}"))
        async with asyncio.timeout(10), writing(other).begin() as connection:
            await apply(connection, went_on[-1:], now=DAWN)

    async def measure(of: Mended, *args: Any) -> list[dict[str, Any]]:
        rows = await page(of, *args)
        sizes.append(len(rows))
        return rows

    async def read(self: Replay, staged: Staged) -> bool:
        if len(went_on) < 5:
            await go_on()
        return await read_page(self, staged)

    @asynccontextmanager
    async def hold(self: Replay, staged: Staged) -> AsyncIterator[AsyncConnection]:
        if len(went_on) < 60:
            await go_on()
        async with holding(self, staged) as connection:
            yield connection

    monkeypatch.setattr(Mended, "page", measure)
    monkeypatch.setattr(Replay, "_read_page", read)
    monkeypatch.setattr(Replay, "_holding", hold)
    (replayed,) = await run(engine)
    monkeypatch.undo()
    assert replayed.mended > 0
    assert max(sizes) == 3
    assert len(went_on) > 30
    assert await run(engine) == [Replayed("m", len(told) + len(went_on))]
    await engine.dispose()
    await other.dispose()


async def test_it_takes_as_long_as_it_takes(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time a database has to answer in holds for each page."""
    monkeypatch.setattr(replay, "PAGE", 2)
    asked = 0

    @asynccontextmanager
    async def counted() -> AsyncIterator[None]:
        nonlocal asked
        asked += 1
        async with database.translated():
            yield

    monkeypatch.setattr(replay, "translated", counted)
    engine = create_engine(url)
    await migrate(engine)
    async with writing(engine).begin() as connection:
        await apply(connection, [event(number, HandRaised(), actor=f"p{number}") for number in range(40)], now=DAWN)
    await run(engine, projections=["states"])
    assert asked > 40
    await engine.dispose()


@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=tangled(), rng=st.randoms(use_true_random=False))
async def test_an_archived_meeting_is_made_anew_from_its_files_and_what_is_left(
    store: Store, told: list[Event], rng: random.Random
) -> None:
    engine = store._engine
    with tempfile.TemporaryDirectory() as directory:
        await store.flush()
        async with writing(engine).begin() as connection:
            for table in (MeetingRow, ArchiveRow, ArchivedEventRow):
                await connection.execute(delete(table))
            await apply(connection, told, now=DAWN)
        archive, cutoff = Path(directory), DAWN + timedelta(seconds=rng.randint(-len(told), len(told)))
        await Retention(engine, store.emitter, archive, clock=lambda: cutoff).run(timedelta(0), within_s=60)
        async with writing(engine).begin() as connection:
            await apply(connection, conversation(len(told)), now=DAWN)
        await store.flush()
        expected = await everything(engine)
        await spoil(engine, rng, set().union(*FILLED.values()))
        done = [one async for one in Replay(engine, archive).run()]
        assert all(one.lacking is None for one in done)
        events = len(told) + len(conversation(0))
        assert sum(one.events for one in done if one.meeting_id != SERVER_LOG) == events
        assert await everything(engine) == expected


@pytest.mark.parametrize("fate", ["lost", "damaged", "unknown"])
async def test_a_meeting_whose_events_are_not_all_there_is_left_as_it_is(
    store: Store, tmp_path: Path, fate: str
) -> None:
    engine, archive = store._engine, tmp_path / "archive"
    async with writing(engine).begin() as connection:
        await apply(connection, [event(1, MeetingEnded(reason="empty"))], now=DAWN)
    ((file,), _) = await store.retention(archive).run(timedelta(days=1), within_s=60)
    path = archive / file.file
    if fate == "lost":
        path.unlink()
    elif fate == "damaged":
        path.write_bytes(path.read_bytes()[:-4])
    await store.flush()
    await spoil(engine, random.Random(1), {"meetings"})
    before = await everything(engine)
    (replayed,) = [one async for one in Replay(engine, None if fate == "unknown" else archive).run(meeting_id="m")]
    assert file.file in str(replayed.lacking)
    assert await everything(engine) == before


async def test_a_projection_nobody_knows_is_refused(url: str) -> None:
    engine = create_engine(url)
    with pytest.raises(KeyError):
        await run(engine, projections=["teapots"])
    await engine.dispose()

"""Every row that follows from the log can be made anew from it, and is then the same (EVT-10)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.apply import apply
from persistence.database import create_engine, writing
from persistence.events import (
    AlertFired,
    ChatMessageDeleted,
    ChatMessageSent,
    Event,
    MeetingStarted,
    ParticipantJoined,
    PollClosed,
    PollCreated,
    PollVoted,
)
from persistence.migrations import migrate
from persistence.projections import PROJECTIONS
from persistence.replay import BY_NAME, Replay, Replayed
from persistence.tables import Base, MeetingRow

from .story import DAWN, event, tangled

FILLED = {
    "meetings": {"meetings"},
    "people": {"participants", "participant_sessions"},
    "blocks": {"meeting_blocks"},
    "chat": {"chat_messages"},
    "polls": {"polls", "poll_responses"},
    "tracks": {"tracks"},
    "states": {"participant_states"},
    "counters": {"meeting_counters"},
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
    assert await run(engine, meeting_id="m") == [Replayed("m", 2, 0)]
    async with engine.connect() as connection:
        present = dict(
            (await connection.execute(select(MeetingRow.id, MeetingRow.current_participants_count))).all()  # type: ignore[arg-type]
        )
    assert present == {"m": 1, "n": 99}
    assert await run(engine, meeting_id="nowhere") == []
    await engine.dispose()


async def test_a_meeting_whose_log_is_not_whole_is_left_as_it_is(url: str) -> None:
    engine = create_engine(url)
    await migrate(engine)
    async with writing(engine).begin() as connection:
        await apply(connection, [event(1, MeetingStarted(title="t"))], now=DAWN)
        await connection.execute(update(MeetingRow).values(archived_through=7))
    before = await everything(engine)
    assert await run(engine) == [Replayed("m", 0, 7)]
    assert await everything(engine) == before
    await engine.dispose()


async def test_a_projection_nobody_knows_is_refused(url: str) -> None:
    engine = create_engine(url)
    with pytest.raises(KeyError):
        await run(engine, projections=["teapots"])
    await engine.dispose()

"""Each question of the history goes down an index, on both databases: none reads a table from one end to the other.

PostgreSQL is asked with scans and bitmaps made dear, because it rightly takes them for small tables: what is tested is
that there is an index which fits, and that it bounds what is read to the meeting.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest
import pytest_asyncio
from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from persistence.apply import apply
from persistence.database import create_engine, writing
from persistence.events import (
    ChatMessageSent,
    Event,
    HandRaised,
    MeetingEnded,
    MeetingStarted,
    ParticipantJoined,
    ReactionSent,
)
from persistence.figures import captures_of, ends_of, spans_of, stays_of
from persistence.filters import EventFilter
from persistence.history.past import Wanted, held_by
from persistence.history.state import captures_at, people_at
from persistence.migrations import migrate
from persistence.queries import events_of
from persistence.retention import meetings_before
from persistence.tables import MeetingCounterRow, MeetingLogRow

from .story import DAWN, event

MEETINGS: Final = 12
EVENTS: Final = 150
AFTER: Final = event(100, HandRaised(), actor="p").timestamp

QUESTIONS: Final[dict[str, Select[Any]]] = {
    "a page": events_of("m3", EventFilter(), 50).limit(100),
    "of a type": events_of("m3", EventFilter(type="hand.raised"), 0).limit(100),
    "of a stay": events_of("m3", EventFilter(participant_id="p1"), 0).limit(100),
    "of a person": events_of("m3", EventFilter(user_id="u1"), 0).limit(100),
    "of a time": events_of("m3", EventFilter(since=DAWN, until=AFTER), 0).limit(100),
    "counts": select(MeetingCounterRow.total).where(MeetingCounterRow.meeting_id == "m3"),
    "the room at a second": people_at("m3", AFTER),
    "what was kept at a second": captures_at("m3", AFTER),
    "what was kept": captures_of("m3", "recording"),
    "spans": spans_of("m3"),
    "stays": stays_of("m3"),
    "ends": ends_of("m3"),  # type: ignore[dict-item]
    "meetings with old events": meetings_before(AFTER, "m1"),
    "past meetings of all": held_by(None, None, 25),
    "past meetings of one": held_by("u1", (AFTER, "m9"), 25),
    "past meetings of all by title and day": held_by(None, None, 25, Wanted(text="week", since=AFTER, until=AFTER)),
}

LOGGED: Final = (
    "meeting_logs",
    "captures",
    "participant_states",
    "participant_sessions",
    "meeting_counters",
    "meeting_lifecycles",
    "participant_acts",
    "participants",
)
"""Tables that grow with what happens: a question about one meeting must not read those of others."""


def told() -> Iterator[Event]:
    number = 0
    for meeting in range(MEETINGS):
        facts: list[tuple[Any, str | None]] = [(MeetingStarted(title="t"), None)]
        for person in range(5):
            joined = ParticipantJoined(user_id=f"u{person}", display_name="x", role="host")
            facts.append((joined, f"p{person}"))
        said = ChatMessageSent(message_id="c", revision=1, message_type="Text", text="x")
        facts += [
            (fact, f"p{at % 5}")
            for at in range(EVENTS // 3)
            for fact in (HandRaised(), said, ReactionSent(reaction="x"))
        ]
        facts.append((MeetingEnded(reason="empty"), None))
        for payload, actor in facts:
            number += 1
            yield event(number, payload, meeting=f"m{meeting}", actor=actor)


@pytest_asyncio.fixture
async def filled(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_engine(url)
    await migrate(engine)
    async with writing(engine).begin() as connection:
        await apply(connection, list(told()), now=DAWN)
    async with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            await connection.execute(text("ANALYZE"))
        yield connection
    await engine.dispose()


async def plan(connection: AsyncConnection, question: Select[Any]) -> str:
    """As the database tells it, a step a line."""
    dialect = connection.dialect
    statement = str(question.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN " if dialect.name == "sqlite" else "EXPLAIN (COSTS OFF) "
    if dialect.name == "postgresql":
        for dear in ("seqscan", "bitmapscan"):
            await connection.execute(text(f"SET LOCAL enable_{dear} = off"))
    rows = await connection.exec_driver_sql(explain + statement)
    return "\n".join(str(row[-1]) for row in rows)


def read_whole(steps: str) -> list[str]:
    """Steps that read one of the tables that grow from one end to the other, by an index or without."""
    whole = re.compile(rf"\b(SCAN|Seq Scan on) ({'|'.join(LOGGED)})\b")
    return [step for step in steps.splitlines() if whole.search(step)]


@pytest.mark.parametrize("name", sorted(QUESTIONS))
async def test_a_question_goes_down_an_index(filled: AsyncConnection, name: str) -> None:
    steps = await plan(filled, QUESTIONS[name])
    assert read_whole(steps) == [], steps


async def test_a_question_without_an_index_would_be_caught(filled: AsyncConnection) -> None:
    steps = await plan(filled, select(MeetingLogRow.event_id).where(MeetingLogRow.recorded_at == DAWN))
    assert len(read_whole(steps)) == 1


async def test_a_page_is_read_in_the_order_of_its_index_and_not_sorted(filled: AsyncConnection) -> None:
    for name in ("a page", "of a type", "of a stay", "past meetings of all"):
        steps = await plan(filled, QUESTIONS[name])
        assert "TEMP B-TREE" not in steps, (name, steps)
        assert "Sort" not in steps, (name, steps)

"""How long questions about a long meeting take.

`python -m tests.bench.history [--events 100000] [--people 200] [--copies 0] [--replay]`. A log of a million is
`--copies 9`, one of ten million `--copies 99`: `--within` ends the copying and each question, whatever was reached.

One meeting of three hours beside a hundred small ones. Everybody's connection is measured every ten seconds, which is
most of the log; people mute, share, raise hands, lose their connections, write, and talk in turn.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, func, literal, select, text

from persistence.apply import apply
from persistence.database import create_engine, writing
from persistence.events import (
    AudioMuted,
    AudioUnmuted,
    ChatMessageSent,
    ConnectionStats,
    DominantSpeakerChanged,
    Event,
    HandLowered,
    HandRaised,
    MeetingEnded,
    MeetingStarted,
    ParticipantDisconnected,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantResumed,
    Payload,
    ScreenShareStarted,
    ScreenShareStopped,
    VideoMuted,
    VideoUnmuted,
)
from persistence.filters import EventFilter
from persistence.replay import Replay
from persistence.store import Store, utc_now
from persistence.tables import Base, MeetingLogRow
from server import memory
from tests.persistence.postgres import find_binaries, new_database, running_postgres
from tests.persistence.story import DAWN

LENGTH_S: Final = 3 * 3600
BATCH: Final = 2000
ROUNDS: Final = 30
LONG: Final = "long"

MEASURED: Final = ConnectionStats(
    rtt_ms=31.5,
    loss_in=0.001,
    loss_out=0.0,
    jitter_in_ms=3.2,
    jitter_out_ms=2.9,
    bitrate_in=1_200_000,
    bitrate_out=5_400_000,
    quality=4.2,
)
SWITCHES: Final[list[Payload]] = [
    *(AudioMuted(), AudioUnmuted(), AudioMuted(), AudioUnmuted(), VideoMuted(), VideoUnmuted()),
    *(HandRaised(), HandLowered(), ScreenShareStarted(), ScreenShareStopped()),
    *(ParticipantDisconnected(), ParticipantResumed(away_s=3.0)),
]
SWITCHED: Final = 0.15
"""Of the log. Of these, a third are speakers taking turns."""


def long_meeting(events: int, people: int, rng: Random) -> Iterator[Event]:
    number = 0

    def tell(payload: Payload, second: float, actor: str | None = None) -> Event:
        nonlocal number
        number += 1
        return Event.of(
            payload,
            event_id=str(UUID(int=number)),
            meeting_id=LONG,
            participant_id=actor,
            timestamp=DAWN + timedelta(seconds=second),
        )

    yield tell(MeetingStarted(title="The long one"), 0)
    for person in range(people):
        joined = ParticipantJoined(user_id=f"u{person}", display_name=f"Person {person}", role="participant")
        yield tell(joined, person * 0.1, f"p{person}")
    speaker: str | None = None
    rest = events - 2 * people - 2
    for at in range(rest):
        second = people * 0.1 + at / rest * (LENGTH_S - people * 0.1 - 1)
        actor = f"p{rng.randrange(people)}"
        chance = rng.random()
        if chance < SWITCHED / 3:
            if actor != speaker:
                yield tell(DominantSpeakerChanged(previous=speaker), second, actor)
                speaker = actor
        elif chance < SWITCHED:
            yield tell(rng.choice(SWITCHES), second, actor)
        elif chance < SWITCHED + 0.005:
            said = ChatMessageSent(message_id=f"c{at}", revision=at + 1, message_type="Text", text="Hello there")
            yield tell(said, second, actor)
        else:
            yield tell(MEASURED, second, actor)
    for person in range(people):
        yield tell(ParticipantLeft(user_id=f"u{person}", reason="left"), LENGTH_S - 1, f"p{person}")
    yield tell(MeetingEnded(reason="empty"), LENGTH_S)


async def fill(url: str, events: int, people: int) -> None:
    """Straight through what the writer does with a batch."""
    engine = create_engine(url)
    pending: list[Event] = []

    async def write() -> None:
        async with writing(engine).begin() as connection:
            await apply(connection, pending, now=DAWN)
        pending.clear()

    for event in long_meeting(events, people, Random(7)):
        pending.append(event)
        if len(pending) == BATCH:
            await write()
    await write()
    for meeting in range(100):
        for at, fact in enumerate((MeetingStarted(title="short"), MeetingEnded(reason="empty"))):
            moment = DAWN + timedelta(days=1, seconds=meeting * 60 + at)
            number = UUID(int=10**9 + meeting * 2 + at)
            pending.append(
                Event.of(fact, event_id=str(number), meeting_id=f"s{meeting}", participant_id=None, timestamp=moment)
            )
    await write()
    if engine.dialect.name == "postgresql":
        async with engine.connect() as connection:
            await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))
    await engine.dispose()


async def copy(url: str, copies: int, within_s: float) -> int:
    """As many more meetings like the long one, row by row: a log of millions in minutes. How many there are in time."""
    began, made = time.perf_counter(), 0
    engine = create_engine(url)
    async with engine.connect() as connection:
        last = await connection.scalar(select(func.max(MeetingLogRow.position))) or 0
    ordered = [table for table in Base.metadata.sorted_tables if "meeting_id" in table.c or table.name == "meetings"]
    for number in range(1, copies + 1):
        if time.perf_counter() - began > within_s:
            break
        async with writing(engine).begin() as connection:
            for table in ordered:
                own = table.c.id if table.name == "meetings" else table.c.meeting_id
                counted = table.autoincrement_column
                given = {column.name: _copied(column, number, last) for column in table.c if column is not counted}
                given[own.name] = literal(f"{LONG}-{number}")
                await connection.execute(
                    table.insert().from_select(list(given), select(*given.values()).where(own == LONG))
                )
        made += 1
    if engine.dialect.name == "postgresql":
        async with engine.connect() as connection:
            await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))
    await engine.dispose()
    return made


def _copied(column: Column[Any], number: int, last: int) -> ColumnElement[Any]:
    if column.name in {"event_id", "id"}:
        return literal(f"{number:08x}").concat(func.substr(column, 9))
    return column + number * last if column.name == "position" else column


def questions(store: Store, people: int, rng: Random) -> dict[str, Callable[[], Awaitable[object]]]:
    queries, history = store.queries, store.history

    def moment() -> datetime:
        return DAWN + timedelta(seconds=rng.uniform(0, LENGTH_S))

    def minute() -> EventFilter:
        since = moment()
        return EventFilter(since=since, until=since + timedelta(seconds=60))

    def person() -> EventFilter:
        return EventFilter(user_id=f"u{rng.randrange(people)}")

    return {
        "100 events, first page": lambda: queries.events(LONG),
        "100 events, from anywhere": lambda: queries.events(LONG, after=rng.randrange(90_000)),
        "1000 events, from anywhere": lambda: queries.events(LONG, after=rng.randrange(90_000), limit=1000),
        "100 of a rare type": lambda: queries.events(LONG, EventFilter(type="chat.message_sent")),
        "100 of one person": lambda: queries.events(LONG, person()),
        "100 of one minute": lambda: queries.events(LONG, minute()),
        "counts by type": lambda: queries.counts(LONG),
        "people": lambda: queries.participants(LONG),
        "the room at a second": lambda: history.state(LONG, moment()),
        "timeline": lambda: history.timeline(LONG),
        "figures, kept": lambda: history.analytics(LONG, now=utc_now()),
        "past meetings, a page": lambda: history.held(None),
    }


async def measure(url: str, directory: Path, options: argparse.Namespace) -> None:
    store = await Store.open(url, directory)
    try:
        began = time.perf_counter()
        await fill(url, options.events, options.people)
        copies = await copy(url, options.copies, options.within)
        took = time.perf_counter() - began
        memory.settle()  # as the server does
        print(f"{url.split(':', maxsplit=1)[0]}: {options.events * (1 + copies)} events in {took:.0f} s")
        for name, ask in questions(store, options.people, Random(1)).items():
            await ask()
            times: list[float] = []
            while len(times) < options.rounds and sum(times) < options.within * 1000:
                start = time.perf_counter()
                await ask()
                times.append((time.perf_counter() - start) * 1000)
            print(f"  {name:28} median {statistics.median(times):7.1f} ms  worst {max(times):7.1f} ms")
        start = time.perf_counter()
        exported = 0
        async for page in store.queries.all_events(LONG):
            exported += len(page)
        print(f"  {'read for export':28} {exported / (time.perf_counter() - start):7.0f} events/s")
        if options.replay:
            await replay(url)
    finally:
        await store.close()


async def replay(url: str) -> None:
    """All projections of the long meeting made anew, as `folkmoot replay --meeting` does."""
    async with Replay.open(url) as log:
        start = time.perf_counter()
        events = sum([one.events async for one in log.run(meeting_id=LONG)])
        took = time.perf_counter() - start
    print(f"  {'replay':28} {events / took:7.0f} events/s, {events} in {took:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--copies", type=int, default=0, help="other meetings as long")
    parser.add_argument("--replay", action="store_true", help="and how fast its rows are made anew from the log")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--within", type=float, default=600, help="seconds for copying, and for each question")
    parser.add_argument("--directory", type=Path, help="on which disk")
    options = parser.parse_args()
    for database in options.database or ["sqlite", "postgresql"]:
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.directory)))
            if database == "postgresql":
                binaries = find_binaries()
                if binaries is None:
                    print("PostgreSQL is not installed")
                    continue
                socket = stack.enter_context(running_postgres(binaries, durable=True, parent=options.directory))
                url = asyncio.run(new_database(socket))
            else:
                url = f"sqlite+aiosqlite:///{home / 'folkmoot.db'}"
            asyncio.run(measure(url, home / "data", options))


if __name__ == "__main__":
    main()

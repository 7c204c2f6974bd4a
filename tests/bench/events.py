"""How many events a second go through the whole line, and how long an emitter waits: `python -m tests.bench.events`.

The line: `emit` -> journal, synced -> writer -> log, tables and totals in the database. Flat out, `--callers` emit one
event after the other until `--events` are durable, and the clock stops when the last one is in the database. Paced,
events come at `--rate` a second whether or not the ones before were answered, and only the latency of `emit` counts.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

import structlog
import uvloop

from persistence.events import (
    AudioMuted,
    AudioUnmuted,
    DominantSpeakerChanged,
    HandLowered,
    HandRaised,
    MeetingStarted,
    ParticipantJoined,
    ParticipantLeft,
    Payload,
    ReactionSent,
    VideoMuted,
    VideoUnmuted,
)
from persistence.store import Store, StoreOptions
from persistence.writer import WriterOptions
from tests.persistence.postgres import find_binaries, new_database, running_postgres

PEOPLE = 10
TALK: tuple[Payload, ...] = (
    AudioMuted(),
    AudioUnmuted(),
    HandRaised(),
    HandLowered(),
    VideoMuted(),
    VideoUnmuted(),
    ReactionSent(reaction="clap"),
    DominantSpeakerChanged(),
)


def facts(meeting: str) -> Iterator[tuple[Payload, str | None]]:
    """A meeting without end: of forty events one is somebody leaving and one somebody coming, the others are talk."""
    yield MeetingStarted(title=f"About {meeting}"), None
    talk = cycle(TALK)
    for stay in range(1 << 62):
        user, participant = f"user-{stay % PEOPLE}", f"{meeting}-{stay}"
        yield ParticipantJoined(user_id=user, display_name=user, role="participant"), participant
        for _ in range(38):
            yield next(talk), participant
        yield ParticipantLeft(user_id=user, reason="left"), participant


async def flat_out(store: Store, events: int, meetings: int, callers: int) -> list[float]:
    """Returns what each `emit` took, in seconds."""
    names = [f"m{number}" for number in range(meetings)]
    stories = {name: facts(name) for name in names}
    took: list[float] = []

    async def call(meeting: str, count: int) -> None:
        for _ in range(count):
            payload, actor = next(stories[meeting])
            began = time.perf_counter()
            await store.emitter.emit(meeting, payload, participant_id=actor)
            took.append(time.perf_counter() - began)

    await asyncio.gather(*(call(names[number % meetings], events // callers) for number in range(callers)))
    return took


async def paced(store: Store, rate: float, seconds: float, meetings: int) -> list[float]:
    names = cycle([f"p{number}" for number in range(meetings)])
    stories: dict[str, Iterator[tuple[Payload, str | None]]] = {}
    took: list[float] = []

    async def call(meeting: str, due: float) -> None:
        payload, actor = next(stories.setdefault(meeting, facts(meeting)))
        await store.emitter.emit(meeting, payload, participant_id=actor)
        took.append(time.perf_counter() - due)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as calls:
        for number in range(round(rate * seconds)):
            due = began + number / rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            calls.create_task(call(next(names), due))
    return took


def percentiles(took: list[float]) -> str:
    ranked = sorted(took)
    at = {name: ranked[min(len(ranked) - 1, int(len(ranked) * share))] for name, share in SHARES.items()}
    return ", ".join(f"{name} {seconds * 1000:.2f} ms" for name, seconds in {**at, "worst": ranked[-1]}.items())


SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}


async def measure(url: str, directory: Path, options: argparse.Namespace) -> None:
    store = await Store.open(
        url, directory, options=StoreOptions(writer=WriterOptions(batch_events=options.batch), read_wait_s=600)
    )
    try:
        began, processor = time.perf_counter(), time.process_time()
        took = await flat_out(store, options.events, options.meetings, options.callers)
        durable = time.perf_counter() - began
        await store.flush()
        seconds, used = time.perf_counter() - began, time.process_time() - processor
        print(f"  flat out   {len(took) / seconds:,.0f} events/s to the database, {len(took) / durable:,.0f} durable")
        print(f"  processor  {used / len(took) * 1e6:.0f} us an event in this process; emit {percentiles(took)}")
        took = await paced(store, options.rate, options.seconds, options.meetings)
        await store.flush()
        print(f"  {options.rate:,.0f}/s    emit {percentiles(took)}")
    finally:
        await store.close()


def run(name: str, work: Callable[[], Awaitable[None]], *, profile: bool) -> None:
    print(name)
    profiler = cProfile.Profile() if profile else None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if profiler:
            profiler.enable()
        runner.run(work())  # type: ignore[arg-type] # a coroutine
        if profiler:
            profiler.disable()
            pstats.Stats(profiler).sort_stats("tottime").print_stats(45)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--meetings", type=int, default=50)
    parser.add_argument("--callers", type=int, default=200)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--batch", type=int, default=WriterOptions().batch_events)
    parser.add_argument("--directory", type=Path, help="on the disk to be measured; on /dev/shm without any")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="events-", dir=options.directory)))
        for database in options.database or ["sqlite", "postgresql"]:
            if database == "sqlite":
                url = f"sqlite+aiosqlite:///{directory / 'folkmoot.db'}"
            else:
                binaries = find_binaries()
                assert binaries is not None, "PostgreSQL is not installed"
                url = asyncio.run(
                    new_database(
                        stack.enter_context(running_postgres(binaries, durable=True, parent=options.directory))
                    )
                )
            work = lambda url=url, name=database: measure(url, directory / name, options)  # noqa: E731
            run(database, work, profile=options.profile)


if __name__ == "__main__":
    main()

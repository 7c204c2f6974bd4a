"""How many events a second go through the whole line, and how long an emitter waits: `python -m tests.bench.events`.

The line: `emit` -> journal, synced -> writer -> log, tables and totals in the database. Flat out, `--callers` emit one
event after the other until `--events` are durable, and the clock stops when the last one is in the database. Paced,
events come at `--rate` a second whether or not the ones before were answered, and only the latency of `emit` counts.
Beside it stand the syncs of the journal, whose disk others use too. `--batches 50,200,1000,4000` measures each size,
with each of `--delays`, `--rounds` times in turns; `--within` bounds each measurement.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import cycle, product
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
from persistence.journal import Disk
from persistence.store import Store, StoreOptions
from persistence.writer import WriterOptions
from server import memory
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


async def flat_out(store: Store, events: int, meetings: int, callers: int, within_s: float) -> list[float]:
    """Returns what each `emit` took, in seconds."""
    end = time.perf_counter() + within_s
    names = [f"m{number}" for number in range(meetings)]
    stories = {name: facts(name) for name in names}
    took: list[float] = []

    async def call(meeting: str, count: int) -> None:
        for _ in range(count):
            payload, actor = next(stories[meeting])
            began = time.perf_counter()
            if began > end:
                return
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


class TimedDisk:
    """What each sync of the journal took, since it was last asked."""

    def __init__(self) -> None:
        self._took: list[float] = []
        self.disk = Disk(sync=self._sync)

    def _sync(self, fd: int) -> None:
        began = time.perf_counter()
        os.fdatasync(fd)
        self._took.append(time.perf_counter() - began)

    def told(self) -> str:
        took, self._took = self._took, []
        return f"{len(took)} syncs {percentiles(took)}" if took else "no sync"


async def measure(url: str, directory: Path, options: argparse.Namespace, batch: int, delay_s: float) -> None:
    writer, timed = WriterOptions(batch_events=batch, batch_delay_s=delay_s), TimedDisk()
    store = await Store.open(
        url, directory, options=StoreOptions(writer=writer, read_wait_s=600, behind_after_s=600, disk=timed.disk)
    )
    memory.settle()  # as the server does
    try:
        began, processor = time.perf_counter(), time.process_time()
        took = await flat_out(store, options.events, options.meetings, options.callers, options.within)
        durable = time.perf_counter() - began
        await store.flush()
        seconds, used = time.perf_counter() - began, time.process_time() - processor
        print(f"  flat out   {len(took) / seconds:,.0f} events/s to the database, {len(took) / durable:,.0f} durable")
        print(f"  processor  {used / len(took) * 1e6:.0f} us an event in this process; emit {percentiles(took)}")
        batches = store.measures().histograms["writer_batch_seconds"]
        print(f"  batches    {batches.total}, {batches.sum / max(1, batches.total) * 1000:.1f} ms each; {timed.told()}")
        took = await paced(store, options.rate, options.seconds, options.meetings)
        await store.flush()
        print(f"  {options.rate:,.0f}/s    emit {percentiles(took)}; {timed.told()}")
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


def numbers(text: str) -> list[float]:
    return [float(one) for one in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--meetings", type=int, default=50)
    parser.add_argument("--callers", type=int, default=200)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--batches", type=numbers, default=[WriterOptions().batch_events])
    parser.add_argument("--delays", type=numbers, default=[WriterOptions().batch_delay_s])
    parser.add_argument("--within", type=float, default=60, help="seconds for emitting flat out")
    parser.add_argument("--rounds", type=int, default=1, help="each of all this in turns, so many times")
    parser.add_argument("--directory", type=Path, help="on the disk to be measured; on /dev/shm without any")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with ExitStack() as stack:
        socket: Path | None = None
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="events-", dir=options.directory)))
        for turn, database, batch, delay_s in product(
            range(options.rounds), options.database or ["sqlite", "postgresql"], options.batches, options.delays
        ):
            home = directory / f"{database}-{turn}-{batch:.0f}-{delay_s}"
            home.mkdir()
            url = f"sqlite+aiosqlite:///{home / 'folkmoot.db'}"
            if database == "postgresql":
                if socket is None:
                    binaries = find_binaries()
                    assert binaries is not None, "PostgreSQL is not installed"
                    socket = stack.enter_context(running_postgres(binaries, durable=True, parent=options.directory))
                url = asyncio.run(new_database(socket))
            work = partial(measure, url, home / "data", options, int(batch), delay_s)
            run(f"{database}, batches of {batch:.0f} or {delay_s} s", work, profile=options.profile)


if __name__ == "__main__":
    main()

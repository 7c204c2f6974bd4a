"""How long reports of events take until they are durable: `python -m tests.bench.ingest`.

Through `POST /api/meetings/events` of a real server, as pages do it: five events of a participant's own stay in each,
made by people who are in a meeting while others talk there. First `--rate` reports a second, on schedule, measured
from when each was due; then `--callers` who report one after the other. Each bounded by `--seconds`.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
import uuid_utils
import uvloop

from tests.bench.events import percentiles
from tests.bench.signaling import Bench, Load, connected
from tests.bench.wire import Wire
from tests.support.server import RunningServer, running_server

EVENTS: Final = 5
UNLIMITED: Final = {
    "FOLKMOOT_RATES__HTTP_REPORTS_PER_MIN": "1000000",
    "FOLKMOOT_RATES__HTTP_REPORTS_PER_ADDRESS": "1000000",
}


@dataclass(frozen=True, slots=True)
class Reporter:
    """Somebody in a meeting, with what their page needs to report."""

    wire: Wire
    token: str
    meeting: str
    stay: str

    def report(self) -> dict[str, Any]:
        return {"events": [self._event(online=bool(number % 2)) for number in range(EVENTS)]}

    def _event(self, *, online: bool) -> dict[str, Any]:
        return {
            "event_id": str(uuid_utils.uuid7()),
            "type": "client.network_changed",
            "meeting_id": self.meeting,
            "participant_id": self.stay,
            "timestamp": datetime.now(UTC).isoformat(),
            "payload": {"online": online},
        }


async def arrive(bench: Bench, server: RunningServer, people: int) -> list[Reporter]:
    reporters = []
    for number in range(people):
        name, meeting = f"r{number}", f"reports-{number // 10}"
        wire, joined = await bench.enter(name, meeting)
        assert joined["ok"], joined
        stay = joined["data"]["participant_id"]
        reporters.append(Reporter(wire, server.token(name, meeting=meeting), meeting, stay))
    return reporters


async def send(http: aiohttp.ClientSession, server: RunningServer, reporter: Reporter) -> None:
    headers = {"Authorization": f"Bearer {reporter.token}"}
    async with http.post(f"{server.url}/api/meetings/events", json=reporter.report(), headers=headers) as answer:
        told = await answer.json()
    assert answer.status == 200, told
    assert told["accepted"] == EVENTS, told


async def paced(http: aiohttp.ClientSession, server: RunningServer, reporters: list[Reporter], options: Any) -> None:
    took: list[float] = []

    async def call(reporter: Reporter, due: float) -> None:
        await send(http, server, reporter)
        took.append(time.perf_counter() - due)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as calls:
        for number in range(round(options.rate * options.seconds)):
            due = began + number / options.rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            calls.create_task(call(reporters[number % len(reporters)], due))
    print(f"  {options.rate:.0f} reports/s of {EVENTS}: {percentiles(took)}", flush=True)


async def flat_out(http: aiohttp.ClientSession, server: RunningServer, reporters: list[Reporter], options: Any) -> None:
    took: list[float] = []
    began = time.perf_counter()

    async def call(reporter: Reporter) -> None:
        while time.perf_counter() - began < options.seconds:
            start = time.perf_counter()
            await send(http, server, reporter)
            took.append(time.perf_counter() - start)

    await asyncio.gather(*(call(reporters[number % len(reporters)]) for number in range(options.callers)))
    events_s = len(took) * EVENTS / (time.perf_counter() - began)
    print(f"  flat out, {options.callers} callers: {events_s:,.0f} events/s; {percentiles(took)}", flush=True)


async def measure(server: RunningServer, options: argparse.Namespace) -> None:
    async with connected(server) as bench, aiohttp.ClientSession() as http:
        reporters = await arrive(bench, server, options.people)
        talk = asyncio.create_task(Load().run([one.wire for one in reporters], options.talk, 2 * options.seconds))
        await paced(http, server, reporters, options)
        await flat_out(http, server, reporters, options)
        await talk
        for one in reporters:
            await one.wire.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--rate", type=float, default=20, help="reports a second")
    parser.add_argument("--callers", type=int, default=20)
    parser.add_argument("--talk", type=float, default=50, help="requests a second of the people, meanwhile")
    parser.add_argument("--seconds", type=float, default=10, help="for each of both")
    options = parser.parse_args()
    with running_server(**UNLIMITED) as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(server, options))


if __name__ == "__main__":
    main()

"""What signaling carries: `python -m tests.bench.signaling [requests|fan-out|storm ...]`.

* requests: 200 people in rooms of ten ask 2,000 times a second, at times fixed beforehand, so that a late answer delays
  no question and is not hidden. Each request is recorded before its answer and told to the nine others.
* fan-out: one says something to 499 others; until the last of them has heard it.
* storm: a hundred arrive each second, then a thousand at once, while rooms that are there go on.

The server is a process of its own, all clients share this one.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import aiohttp
import psutil
import uvloop

from server.loadtest.histogram import Histogram
from signaling.messages.catalogue import REQUESTS
from tests.bench.wire import TurnedAwayError, Wire
from tests.support.server import RunningServer, running_server

ROOM: Final = 10
ASKED: Final[list[tuple[str, list[dict[str, object]]]]] = [
    ("media:toggle", [{"kind": "audio", "enabled": True}, {"kind": "audio", "enabled": False}]),
    ("hand:raise", [{"raised": True}, {"raised": False}]),
    ("media:toggle", [{"kind": "video", "enabled": True}, {"kind": "video", "enabled": False}]),
    ("reaction:send", [{"reaction": "👏"}]),
]
"""In turn, each with its payloads in turn: each time something changes."""


class Load:
    """People that ask on schedule. Times are in microseconds from when a request was due."""

    def __init__(self) -> None:
        self.took = Histogram()
        self.outcomes: Counter[str] = Counter()
        self._waiting: set[asyncio.Future[dict[str, Any]]] = set()

    async def run(self, people: list[Wire], per_s: float, duration_s: float) -> None:
        """All of `people` together ask `per_s` times a second, one after the other."""
        loop = asyncio.get_running_loop()
        began, total = loop.time(), int(per_s * duration_s)
        for n in range(total):
            due = began + n / per_s
            if (early := due - loop.time()) > 0:
                await asyncio.sleep(early)
            turn = n // len(people)
            event, payloads = ASKED[turn % len(ASKED)]
            payload = payloads[turn // len(ASKED) % len(payloads)]
            self._ask(people[n % len(people)], event, payload, due)
        if self._waiting:
            await asyncio.wait(self._waiting, timeout=10)
        self.outcomes["unanswered"] += len(self._waiting)

    def _ask(self, person: Wire, event: str, payload: dict[str, object], due: float) -> None:
        answer = person.send(event, payload)
        self._waiting.add(answer)

        def answered(done: asyncio.Future[dict[str, Any]]) -> None:
            self._waiting.discard(done)
            self.took.add(round((asyncio.get_running_loop().time() - due) * 1e6))
            told = done.result()
            self.outcomes["ok" if told["ok"] else told["error"]["code"]] += 1

        answer.add_done_callback(answered)


class Bench:
    """A running server and the people in it."""

    def __init__(self, server: RunningServer, http: aiohttp.ClientSession) -> None:
        self._server = server
        self._http = http
        self._process = psutil.Process(server.pid)

    async def enter(self, name: str, meeting: str) -> tuple[Wire, dict[str, Any]]:
        """The connection, and the answer to its joining."""
        token = self._server.token(name, meeting=meeting, grants={"room_create": True})
        wire = await Wire(self._http, self._server.url, token).open()
        return wire, await wire.ask("room:join", meeting_id=meeting)

    async def rooms(self, people: int, prefix: str) -> list[Wire]:
        wires = []
        for n in range(people):
            wire, joined = await self.enter(f"{prefix}{n}", f"{prefix}-{n // ROOM}")
            assert joined["ok"], joined
            wires.append(wire)
        return wires

    def say(self, what: str) -> None:
        """For whoever wants to look at the server meanwhile."""
        print(f"{what}, server is process {self._process.pid}", file=sys.stderr, flush=True)

    def cpu_s(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system


@asynccontextmanager
async def connected(server: RunningServer) -> Any:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as http:
        yield Bench(server, http)


async def requests(bench: Bench, options: argparse.Namespace) -> dict[str, Any]:
    people = await bench.rooms(options.people, "asking")
    bench.say("asking begins")
    told, cpu_s, load = sum(wire.told for wire in people), bench.cpu_s(), Load()
    began, own_cpu_s = time.monotonic(), time.process_time()
    await load.run(people, options.rate, options.duration)
    took_s = time.monotonic() - began
    result = {
        "people": len(people),
        "requests_per_s": round(len(load.took) / took_s),
        "told_per_s": round((sum(wire.told for wire in people) - told) / took_s),
        "ms": load.took.summary(),
        "server_core": round((bench.cpu_s() - cpu_s) / took_s, 2),
        "clients_core": round((time.process_time() - own_cpu_s) / took_s, 2),
        "outcomes": dict(load.outcomes),
    }
    await leave(people)
    return result


async def fan_out(bench: Bench, options: argparse.Namespace) -> dict[str, Any]:
    entered = [await bench.enter(f"listener{n}", "lecture") for n in range(options.listeners + 1)]
    people = [wire for wire, _ in entered]
    event = "chat:send" if "chat:send" in REQUESTS else "reaction:send"
    payload: dict[str, object] = {"text": "Good morning."} if event == "chat:send" else {"reaction": "👋"}
    heard_at: list[float] = []
    everybody = asyncio.Event()

    def hear(packet: str) -> None:
        if '["chat:message"' in packet or '["reaction:sent"' in packet:
            heard_at.append(time.monotonic())
            if len(heard_at) == options.listeners:
                everybody.set()

    for wire in people[1:]:
        wire.on_told = hear
    await asyncio.sleep(3)
    bench.say("talking begins")
    all_heard, answered = Histogram(), Histogram()
    for _ in range(options.messages):
        heard_at.clear()
        everybody.clear()
        said_at = time.monotonic()
        answer = await people[0].send(event, payload)
        assert answer["ok"], answer
        answered.add(round((time.monotonic() - said_at) * 1e6))
        await everybody.wait()
        all_heard.add(round((heard_at[-1] - said_at) * 1e6))
        await asyncio.sleep(0.3)
    await leave(people)
    return {
        "event": event,
        "listeners": options.listeners,
        "last_heard_ms": all_heard.summary(),
        "answered_ms": answered.summary(),
    }


class Arrivals:
    """People who come, and what they were told."""

    def __init__(self, bench: Bench, prefix: str) -> None:
        self._bench = bench
        self._prefix = prefix
        self.took = Histogram()
        self.outcomes: Counter[str] = Counter()
        self.tries: Counter[int] = Counter()
        self.people: list[Wire] = []

    async def arrive(self, n: int) -> None:
        """Comes back as told, until let in."""
        began = time.monotonic()
        for attempt in range(1, 30):
            retry_after_s = await self._try(n)
            if retry_after_s is None:
                self.took.add(round((time.monotonic() - began) * 1e6))
                self.tries[attempt] += 1
                return
            await asyncio.sleep(retry_after_s)
        self.outcomes["gave up"] += 1

    async def _try(self, n: int) -> float | None:
        """None when in, else the seconds to wait."""
        try:
            wire, answer = await self._bench.enter(f"{self._prefix}{n}", f"{self._prefix}-{n // ROOM}")
        except TurnedAwayError as error:
            self.outcomes[f"refused {error.code}"] += 1
            return self._told(error.retry_after_s)
        except (ConnectionError, aiohttp.ClientError) as error:
            self.outcomes[f"lost {type(error).__name__}"] += 1
            return 1.0
        if answer["ok"]:
            self.outcomes["joined"] += 1
            self.people.append(wire)
            return None
        await wire.close()
        self.outcomes[f"refused {answer['error']['code']}: {answer['error']['message']}"] += 1
        return self._told(answer["error"].get("retry_after"))

    def _told(self, retry_after_s: float | None) -> float:
        if retry_after_s is None:
            self.outcomes["refused without a time to come back"] += 1
        return retry_after_s or 1.0

    def summary(self) -> dict[str, Any]:
        tries = {str(attempt): people for attempt, people in sorted(self.tries.items())}
        return {"in_after_ms": self.took.summary(), "outcomes": dict(self.outcomes), "tries": tries}


async def storm(bench: Bench, options: argparse.Namespace) -> dict[str, Any]:
    """`disturbed`: how rooms that were there before are answered meanwhile, against `alone`."""
    people = await bench.rooms(100, "before")
    alone = Load()
    await alone.run(people, 500, 5)

    bench.say("the storm begins")
    steady, beside_steady = Arrivals(bench, "steady"), Load()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(beside_steady.run(people, 500, options.duration))
        for n in range(int(options.duration * 100)):
            tasks.create_task(steady.arrive(n))
            await asyncio.sleep(0.01)
    await leave(steady.people)

    flood, beside_flood = Arrivals(bench, "flood"), Load()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(beside_flood.run(people, 500, options.duration))
        for n in range(options.flood):
            tasks.create_task(flood.arrive(n))
    await leave([*flood.people, *people])
    return {
        "alone_ms": alone.took.summary(),
        "hundred_a_second": steady.summary() | {"disturbed_ms": beside_steady.took.summary()},
        "all_at_once": flood.summary() | {"disturbed_ms": beside_flood.took.summary()},
        "outcomes_of_others": dict(alone.outcomes + beside_steady.outcomes + beside_flood.outcomes),
    }


async def leave(people: list[Wire]) -> None:
    for wire in people:
        with suppress(ConnectionError):
            await wire.close()


PARTS: Final[dict[str, Callable[[Bench, argparse.Namespace], Coroutine[Any, Any, dict[str, Any]]]]] = {
    "requests": requests,
    "fan-out": fan_out,
    "storm": storm,
}


async def measure(server: RunningServer, part: str, options: argparse.Namespace) -> dict[str, Any]:
    async with connected(server) as bench:
        return await PARTS[part](bench, options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="all unless said")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--rate", type=float, default=2000, help="requests a second of all people together")
    parser.add_argument("--duration", type=float, default=10.0, help="seconds")
    parser.add_argument("--listeners", type=int, default=499)
    parser.add_argument("--messages", type=int, default=30)
    parser.add_argument("--flood", type=int, default=1000, help="how many come at once")
    options = parser.parse_args()
    # A thousand people are 300,000 objects here: looking through them would be measured as the server's lateness.
    gc.disable()
    for part in options.parts or PARTS:
        with running_server() as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            print(part, json.dumps(runner.run(measure(server, part, options))), flush=True)


if __name__ == "__main__":
    main()

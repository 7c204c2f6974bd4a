"""People who ask on schedule, and the server they ask."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import aiohttp
import psutil

from server.loadtest.histogram import Histogram
from tests.bench.wire import Wire
from tests.support.server import RunningServer

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
        self.server = server
        self._http = http
        self._process = psutil.Process(server.pid)

    async def enter(self, name: str, meeting: str) -> tuple[Wire, dict[str, Any]]:
        """The connection, and the answer to its joining."""
        token = self.server.token(name, meeting=meeting, grants={"room_create": True})
        wire = await Wire(self._http, self.server.url, token).open()
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
async def connected(server: RunningServer) -> AsyncIterator[Bench]:
    async with many_connections() as http:
        yield Bench(server, http)


@asynccontextmanager
async def many_connections() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as http:
        yield http


async def leave(people: list[Wire]) -> None:
    for wire in people:
        with suppress(ConnectionError):
            await wire.close()

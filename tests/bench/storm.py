"""A hundred people arrive each second, then a thousand at once, while rooms that are there go on."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any, Final

import msgspec

from server.loadtest.scenario import Place
from tests.bench.asking import Bench, Load, leave
from tests.bench.child import Child, child
from tests.bench.wire import Wire

ASKED_PER_S: Final = 500.0
STEADY_PER_S: Final = 100.0
BYSTANDERS: Final = 3


class Storm:
    """Who is there before: ten rooms of people who ask, and one whose cameras and microphones are on."""

    def __init__(self, bench: Bench, people: list[Wire], crowd: Child, bystanders: Child) -> None:
        self._bench = bench
        self._people = people
        self._crowd = crowd
        self._bystanders = bystanders
        self.others: dict[str, int] = {}

    async def alone(self, duration_s: float) -> dict[str, Any]:
        return await self._ask(duration_s)

    async def come(self, prefix: str, people: int, per_s: float, duration_s: float) -> dict[str, Any]:
        server = self._bench.server
        await self._crowd.ask(url=server.url, secret=server.secret, prefix=prefix, people=people)
        self._bench.say(f"{people} come")
        coming = asyncio.create_task(self._crowd.ask(per_s=per_s))
        disturbed = await self._ask(duration_s)
        came = await coming
        await self._crowd.ask(leave=True)
        return came | {"others": disturbed}

    async def _ask(self, duration_s: float) -> dict[str, Any]:
        """How those who were there are answered meanwhile, and what of each other they receive."""
        load, cpu_s = Load(), self._bench.cpu_s()
        await self._bystanders.ask()
        await load.run(self._people, ASKED_PER_S, duration_s)
        media = await self._bystanders.ask()
        server_core = round((self._bench.cpu_s() - cpu_s) / duration_s, 2)
        for outcome, times in load.outcomes.items():
            self.others[outcome] = self.others.get(outcome, 0) + times
        return {"answered_ms": load.took.summary(), "server_core": server_core, "media": media}


async def storm(bench: Bench, options: argparse.Namespace) -> dict[str, Any]:
    people = await bench.rooms(100, "before")
    async with child("tests.bench.crowd") as crowd, child("tests.bench.bystanders") as bystanders:
        places = [_place(bench, number) for number in range(BYSTANDERS)]
        await bystanders.ask(url=bench.server.url, places=msgspec.to_builtins(places))
        scene = Storm(bench, people, crowd, bystanders)
        result = {
            "alone": await scene.alone(5),
            "hundred_a_second": await scene.come(
                "steady", int(options.duration * STEADY_PER_S), STEADY_PER_S, options.duration
            ),
            "all_at_once": await scene.come("flood", options.flood, 0, options.duration),
            "outcomes_of_others": scene.others,
        }
    await leave(people)
    return result


def _place(bench: Bench, number: int) -> Place:
    token = bench.server.token(f"bystander{number}", meeting="bystanders", grants={"room_create": True})
    return Place("bystanders", token, publishes=True, watches=True, joins_at_s=0)

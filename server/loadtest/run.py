"""Runs a load test: starts the generators, adds up what they tell, says how it goes and what came out."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec

from server.loadtest import report
from server.loadtest.scenario import READY, Issue, Scenario, Share, divide, places
from server.loadtest.tally import Snapshot, Tally

LEAD_S = 0.1
"""Between telling the generators when to begin and beginning."""
PATIENCE_S = 30.0
"""After the end: whoever has not told the last by then is ended."""
LINE_LIMIT = 1 << 20

Say = Callable[[str], None]


class GeneratorDiedError(Exception):
    """A process of the load test ended before the test did; its own output says why."""


class LoadTest:
    """One run of one scenario."""

    def __init__(self, scenario: Scenario, processes: int, issue: Issue, say: Say) -> None:
        self._scenario = scenario
        self._say = say
        self._shares = divide(scenario, list(places(scenario, issue)), processes)
        self._ready = asyncio.Barrier(len(self._shares))
        self._begun = asyncio.Event()
        self._starts_at = 0.0
        self._latest: dict[int, Snapshot] = {}

    @property
    def processes(self) -> int:
        return len(self._shares)

    async def run(self) -> dict[str, Any]:
        """Returns what `report.results` makes of it. Raises GeneratorDiedError."""
        progress = asyncio.create_task(self._progress(), name="progress")
        limit = LEAD_S + self._scenario.joining_s + self._scenario.duration_s + PATIENCE_S
        try:
            async with asyncio.timeout(limit), asyncio.TaskGroup() as tasks:
                for index, share in enumerate(self._shares):
                    tasks.create_task(self._generate(index, share))
        except* GeneratorDiedError as group:
            raise group.exceptions[0] from None
        finally:
            progress.cancel()
            await asyncio.gather(progress, return_exceptions=True)
        elapsed = self._scenario.joining_s + self._scenario.duration_s
        return report.results(self._scenario, self._sum(), elapsed)

    async def _generate(self, index: int, share: Share) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server.loadtest.generator",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_LIMIT,
        )
        if process.stdin is None or process.stdout is None:
            raise GeneratorDiedError(f"generator {index} has no pipes")
        try:
            process.stdin.write(msgspec.json.encode(share) + b"\n")
            if await process.stdout.readline() == READY:
                process.stdin.write(msgspec.json.encode(await self._begin()) + b"\n")
            async for line in process.stdout:
                self._latest[index] = msgspec.json.decode(line, type=Snapshot)
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if index not in self._latest or not self._latest[index].final:
            raise GeneratorDiedError(f"generator {index} ended with code {code} before it was done")

    async def _begin(self) -> float:
        """When all generators begin, once all of them are ready. They import and make certificates first."""
        if await self._ready.wait() == 0:
            self._starts_at = time.time() + LEAD_S
            self._begun.set()
        await self._begun.wait()
        return self._starts_at

    async def _progress(self) -> None:
        await self._begun.wait()
        before, before_at = Tally(), self._starts_at
        while True:
            await asyncio.sleep(1.0)
            now, now_at = self._sum(), time.time()
            self._say(report.progress(self._scenario, now_at - self._starts_at, before, now, now_at - before_at))
            before, before_at = now, now_at

    def _sum(self) -> Tally:
        total = Tally()
        for snapshot in self._latest.values():
            total.add(snapshot)
        return total

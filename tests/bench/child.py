"""A part of a measurement that has a process of its own: a line of JSON in, a line of JSON out."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvloop

LINE_LIMIT = 1 << 22


class Child:
    """As its parent sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, **told: object) -> dict[str, Any]:
        """Raises ConnectionError when it ends instead of answering; its own output says why."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise ConnectionError(f"a process of the measurement ended with code {await self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def child(module: str) -> AsyncIterator[Child]:
    """`python -m module`, until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT,
    )
    try:
        yield Child(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


Answer = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


async def answer_parent(answer: Answer) -> None:
    """Until the parent has no more to ask."""
    reader = asyncio.StreamReader(limit=LINE_LIMIT)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        told = await answer(json.loads(line))
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Whoever measures does not stop to collect garbage: that would look like the server's lateness."""
    gc.disable()

    async def measure() -> None:
        await main()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure())

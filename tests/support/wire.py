"""A TCP line to a server that can be cut: nothing gets through in either direction, and nobody is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK = 64 * 1024


class Wire:
    """Made by `wire()`. While cut it holds back what is under way: TCP sends again what a network loses."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._whole = asyncio.Event()
        self._whole.set()
        self._flows: set[asyncio.Task[None]] = set()
        self.port = 0

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    async def carry(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        task = asyncio.current_task()
        assert task is not None
        self._flows.add(task)
        try:
            await self._whole.wait()
            far_in, far_out = await asyncio.open_connection("127.0.0.1", self._target)
            flows = [asyncio.ensure_future(self._pump(*ends)) for ends in ((near_in, far_out), (far_in, near_out))]
            try:
                await asyncio.wait(flows, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for flow in flows:
                    flow.cancel()
                await asyncio.gather(*flows, return_exceptions=True)
                far_out.close()
        except OSError:
            pass
        finally:
            near_out.close()
            self._flows.discard(task)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                await self._whole.wait()
                sink.write(data)
                await sink.drain()
            await self._whole.wait()

    async def close(self) -> None:
        for flow in list(self._flows):
            flow.cancel()
        await asyncio.gather(*self._flows, return_exceptions=True)


@asynccontextmanager
async def wire(target: int) -> AsyncIterator[Wire]:
    """A line on 127.0.0.1 to the server's port there."""
    line = Wire(target)
    listener = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    line.port = listener.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        listener.close()
        await line.close()

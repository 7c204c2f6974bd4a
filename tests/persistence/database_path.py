"""A way to PostgreSQL that fails as networks and servers do: refused, silent, cut between a commit and its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_SOCKET = ".s.PGSQL.5432"
_CHUNK = 1 << 16


class DatabasePath:
    """Passes everything on, unless it is told otherwise.

    Each of `cuts` next commits is executed and its answer swallowed together with the connection; `cut` counts them.
    Each of `strands` next commits stays on the way, with everything on the connections there are; new ones work.
    """

    def __init__(self, server: Path) -> None:
        self._server = server / _SOCKET
        self._connections: set[asyncio.Task[None]] = set()
        self._refusing = False
        self._open = asyncio.Event()
        self._open.set()
        self.cuts = 0
        self.cut = 0
        self.strands = 0

    def refuse(self) -> None:
        """As a server that is down: nobody new gets in, those who were in are out."""
        self._refusing = True
        for connection in self._connections:
            connection.cancel()

    def hang(self) -> None:
        """As a server that is stuck, or a network that drops everything: connections stand and nothing moves."""
        self._open.clear()

    def recover(self) -> None:
        self._refusing = False
        self._open.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connect(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        self.refuse()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.close()
            return
        answers, requests = await asyncio.open_unix_connection(str(self._server))
        cutting, is_open = asyncio.Event(), self._open
        ways = [
            asyncio.create_task(self._pass_requests(reader, requests, is_open, cutting)),
            asyncio.create_task(self._pass_answers(answers, writer, is_open, cutting)),
        ]
        try:
            # A driver that says good-bye waits until the server has closed: the end of either way is that of both.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            requests.close()
            writer.close()

    async def _pass_requests(
        self,
        reader: asyncio.StreamReader,
        requests: asyncio.StreamWriter,
        is_open: asyncio.Event,
        cutting: asyncio.Event,
    ) -> None:
        while data := await reader.read(_CHUNK):
            if self.strands > 0 and b"COMMIT;" in data:
                self.strands -= 1
                self._open.clear()
                self._open = asyncio.Event()
                self._open.set()
            await is_open.wait()
            if self.cuts > 0 and b"COMMIT;" in data:
                self.cuts -= 1
                cutting.set()
            requests.write(data)
            await requests.drain()

    async def _pass_answers(
        self,
        answers: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        is_open: asyncio.Event,
        cutting: asyncio.Event,
    ) -> None:
        while data := await answers.read(_CHUNK):
            await is_open.wait()
            if cutting.is_set():
                assert b"COMMIT" in data
                self.cut += 1
                return
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def database_path(server: Path, directory: Path) -> AsyncIterator[DatabasePath]:
    """Listens in `directory` as PostgreSQL does in `server`."""
    path = DatabasePath(server)
    listening = await asyncio.start_unix_server(path.serve, str(directory / _SOCKET))
    try:
        yield path
    finally:
        listening.close()
        await path.close()

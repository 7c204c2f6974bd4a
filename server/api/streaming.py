"""Sends server-sent events to readers who may be slow, or gone without a word."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Final

from aiohttp import web

from persistence.errors import PersistenceError
from server.api.contract import Streamed
from server.api.errors import ApiError

TAKEN_WITHIN_S: Final = 30.0
"""A reader that takes nothing for so long is cut off; it can come back and go on where it was."""

MAX_STREAMS: Final = 100

HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # a proxy in front hands on each piece as it comes
}


class Streaming:
    """All streams that are open. `ended` counts by reason."""

    def __init__(self, *, most: int = MAX_STREAMS, taken_within_s: float = TAKEN_WITHIN_S) -> None:
        self._most = most
        self._taken_within_s = taken_within_s
        self._open: set[asyncio.Task[object]] = set()
        self.ended: Counter[str] = Counter()

    @property
    def open(self) -> int:
        return len(self._open)

    async def send(self, request: web.Request, streamed: Streamed) -> web.StreamResponse:
        """Returns when the stream or its reader ends. Whatever ends it, the source is closed.

        Raises CAPACITY_EXCEEDED when as many are open as may be.
        """
        if len(self._open) >= self._most:
            raise ApiError("CAPACITY_EXCEEDED", "Too many streams are open.")
        response = web.StreamResponse(headers=HEADERS)
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
        try:
            await response.prepare(request)
            async with contextlib.aclosing(streamed.pieces) as pieces:
                await self._pass_on(pieces, response)
            self.ended["source"] += 1
        except TimeoutError:
            self.ended["slow_reader"] += 1
            if request.transport is not None:
                request.transport.abort()
        except ConnectionError:
            self.ended["gone"] += 1
        except PersistenceError as error:
            self.ended[error.code.lower()] += 1
        except asyncio.CancelledError:
            self.ended["closing"] += 1
            raise
        finally:
            if task is not None:
                self._open.discard(task)
        return response

    async def end_all(self, _app: web.Application) -> None:
        """The server closes: readers come back to another, or later."""
        for task in list(self._open):
            task.cancel()

    async def _pass_on(self, pieces: AsyncGenerator[bytes], response: web.StreamResponse) -> None:
        async for piece in pieces:
            async with asyncio.timeout(self._taken_within_s):
                await response.write(piece)

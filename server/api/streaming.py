"""Sends server-sent events, and files of any length, to readers who may be slow, or gone without a word."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import Final

from aiohttp import web

from persistence.errors import PersistenceError
from server.api.contract import Streamed
from server.api.errors import ApiError

TAKEN_WITHIN_S: Final = 30.0
"""A reader that takes nothing for so long is cut off; it can come back and go on where it was."""

MAX_STREAMS: Final = 100

HEADERS: Final = {
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
        response = _begun(streamed)
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
        try:
            self.ended[await self._pass_all(request, streamed, response)] += 1
        except asyncio.CancelledError:
            self.ended["closing"] += 1
            raise
        finally:
            if task is not None:
                self._open.discard(task)
        return response

    async def _pass_all(self, request: web.Request, streamed: Streamed, response: web.StreamResponse) -> str:
        """Answers why it ended. Raises what the first piece raises."""
        try:
            async with contextlib.aclosing(streamed.pieces) as pieces:
                first = await anext(pieces, b"")
                await response.prepare(request)
                await self._pass_on(first, response)
                async for piece in pieces:
                    await self._pass_on(piece, response)
        except TimeoutError:
            _cut_off(request)
            return "slow_reader"
        except ConnectionError:
            return "gone"
        except PersistenceError as error:
            if not response.prepared:
                raise
            if streamed.filename is not None:
                _cut_off(request)
            return error.code.lower()
        return "source"

    async def end_all(self, _app: web.Application) -> None:
        """The server closes: readers come back to another, or later."""
        for task in list(self._open):
            task.cancel()

    async def _pass_on(self, piece: bytes, response: web.StreamResponse) -> None:
        async with asyncio.timeout(self._taken_within_s):
            await response.write(piece)


def _begun(streamed: Streamed) -> web.StreamResponse:
    response = web.StreamResponse(headers=HEADERS)
    response.content_type = streamed.content_type
    response.charset = "utf-8"
    if streamed.filename is not None:
        response.headers["Content-Disposition"] = f'attachment; filename="{streamed.filename}"'
    return response


def _cut_off(request: web.Request) -> None:
    """So that nobody takes for whole what is not."""
    if request.transport is not None:
        request.transport.abort()

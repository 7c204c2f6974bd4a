"""The websocket under Engine.IO: what the library does, without a task and a timer for each message.

The library waits for each message in and for each packet out in a task of its own with a timer around it, which at
thousands a second cost more than the messages. Here a connection has two tasks for life, and one timer that looks from
time to time whether anything came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Any, Final

from aiohttp import web
from engineio.async_drivers.aiohttp import WebSocket as LibraryWebSocket
from engineio.exceptions import SocketIsClosedError, UnknownPacketError
from engineio.packet import Packet

from signaling.farewell import listen

CLOSED: Final = "transport close"
IN_A_ROW: Final = 16
"""So many messages of one client are read before it is somebody else's turn."""


class WebSocket(LibraryWebSocket):  # type: ignore[misc]  # the library is untyped
    """One that compresses nothing: messages are short, and each would be packed anew for everybody who is told it."""

    async def __call__(self, environ: Mapping[str, Any]) -> web.WebSocketResponse:
        request: web.Request = environ["aiohttp.request"]
        self._sock = web.WebSocketResponse(max_msg_size=self.server.max_http_buffer_size, compress=False)
        await self._sock.prepare(request)
        self.environ = environ
        # The library hands in the method of the socket that this is to carry. One that polled before changes over to
        # the websocket by the library's own steps.
        socket = self.handler.__self__
        if socket.connected:
            await self.handler(self)
        else:
            await _Carrying(socket, self, request).run()
        return self._sock

    async def wait(self) -> str | bytes:
        """The next message. Raises OSError when there will be none."""
        message = await self._sock.receive()
        if not isinstance(message.data, str | bytes):
            listen(self.environ["aiohttp.request"], message)
            raise OSError
        return message.data

    async def send(self, message: str | bytes) -> None:
        """Raises OSError when the connection is gone."""
        if isinstance(message, str):
            await self._sock.send_str(message)
        else:
            await self._sock.send_bytes(message)


class _Carrying:
    """From the opening of the websocket to its end."""

    def __init__(self, socket: Any, websocket: WebSocket, request: web.Request) -> None:
        self._socket = socket
        self._websocket = websocket
        self._request = request
        self._patience_s = socket.server.ping_interval + socket.server.ping_timeout
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        socket = self._socket
        socket.connected = socket.upgraded = True
        writing = asyncio.create_task(self._write(), name="websocket writer")
        self._look()
        try:
            await self._read()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            # The session hears of it at once; who does not answer the websocket's closing is waited for after.
            await socket.close(wait=False, abort=True, reason=CLOSED)
            socket.queue.put_nowait(None)
            await writing

    async def _read(self) -> None:
        """Until the connection ends, or what comes is no packet at all. Packets that make no sense are ignored."""
        with suppress(OSError, ValueError, SocketIsClosedError):
            for turn in count(1):
                # What came together is read without a pause, in which nobody else would be heard nor this one answered.
                if turn % IN_A_ROW == 0:
                    await asyncio.sleep(0)
                packet = Packet(encoded_packet=await self._websocket.wait())
                self._heard_at = self._loop.time()
                with suppress(UnknownPacketError):
                    await self._socket.receive(packet)

    async def _write(self) -> None:
        """Whatever is put into the backlog, until that is None or cannot be sent any more."""
        queue = self._socket.queue
        with suppress(OSError):
            while (packet := await queue.get()) is not None:
                queue.task_done()
                await self._websocket.send(packet.encode())
        await self._websocket.close()

    def _look(self) -> None:
        """Whoever answers no ping is gone; what is half open is torn down, so that the reader hears of it."""
        left = self._heard_at + self._patience_s - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        elif self._request.transport is not None:
            self._request.transport.abort()

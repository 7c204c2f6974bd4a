"""A Socket.IO client with nothing to spare: hundreds of them fit beside the server they measure.

What is told is counted by its first characters and not decoded, only answers are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import orjson

NAMESPACE: Final = "/meeting"
ACK: Final = f"43{NAMESPACE},"
EVENT: Final = f"42{NAMESPACE},"
WELCOME: Final = f"40{NAMESPACE},"
REFUSAL: Final = f"44{NAMESPACE},"


class TurnedAwayError(Exception):
    """Refused before there was a session. `retry_after_s` is what the server said, None when it said nothing."""

    def __init__(self, code: str, retry_after_s: float | None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s


class Wire:
    """One connection: `open()` until `close()`."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http = http
        self._url = url
        self._token = token
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._next_id = 0
        self._reading: asyncio.Task[None] | None = None
        self.told = 0
        self.on_told: Callable[[str], None] | None = None
        """Called with each event packet as it came."""

    async def open(self) -> Wire:
        """Raises TurnedAwayError."""
        address = f"{self._url}/socket.io/?EIO=4&transport=websocket"
        try:
            socket = await self._http.ws_connect(address, max_msg_size=0, compress=0)
        except aiohttp.WSServerHandshakeError as error:
            after = (error.headers or {}).get("Retry-After")
            raise TurnedAwayError(f"HTTP {error.status}", float(after) if after else None) from None
        await socket.receive_str()
        await socket.send_str(WELCOME + orjson.dumps({"token": self._token}).decode())
        answer = await socket.receive_str()
        if answer.startswith(REFUSAL):
            await socket.close()
            data = orjson.loads(answer[len(REFUSAL) :])["data"]
            raise TurnedAwayError(data["code"], data.get("retry_after"))
        self._socket = socket
        self._reading = asyncio.create_task(self._read(socket), name="wire")
        return self

    async def ask(self, event: str, **payload: object) -> dict[str, Any]:
        """The whole ack. Raises ConnectionError when the connection ends first."""
        return await self.send(event, payload)

    def send(self, event: str, payload: dict[str, object]) -> asyncio.Future[dict[str, Any]]:
        if self._socket is None or self._socket.closed:
            raise ConnectionError("not connected")
        self._next_id += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[self._next_id] = answer
        packet = f"{EVENT}{self._next_id}{orjson.dumps([event, payload]).decode()}"
        # A frame this small goes into the transport's buffer at once: nothing is waited for.
        sending = self._socket.send_str(packet)
        try:
            sending.send(None)
        except StopIteration:
            return answer
        except ConnectionError:
            del self._answers[self._next_id]
            raise
        raise BlockingIOError("the server does not read")

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reading is not None:
            await asyncio.wait([self._reading])

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            data = message.data
            if data.startswith(EVENT):
                self.told += 1
                if self.on_told is not None:
                    self.on_told(data)
            elif data.startswith(ACK):
                ack_id, _, answer = data[len(ACK) :].partition("[")
                self._answers.pop(int(ack_id)).set_result(orjson.loads(answer[:-1]))
            elif data == "2":
                await socket.send_str("3")
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the connection ended"))

"""A client of no library but a websocket, written from signaling/README.md alone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp


class RefusedError(Exception):
    """The server did not let us in. `data` is what it said."""

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__(data["code"])
        self.data = data


class PlainClient:
    def __init__(self, url: str, token: str) -> None:
        self._address = f"{url}/socket.io/?EIO=4&transport=websocket"
        self._token = token
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse
        self._reading: asyncio.Task[None]
        self._asked = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.heard: list[tuple[str, Any]] = []

    async def connect(self) -> PlainClient:
        self._http = aiohttp.ClientSession()
        self._socket = await self._http.ws_connect(self._address)
        assert (await self._socket.receive_str()).startswith("0{"), "the connection is open"
        await self._socket.send_str("40/meeting," + json.dumps({"token": self._token}))
        answer = await self._socket.receive_str()
        if answer.startswith("44/meeting,"):
            await self.disconnect()
            raise RefusedError(json.loads(answer.removeprefix("44/meeting,"))["data"])
        assert answer.startswith("40/meeting,"), answer
        self._reading = asyncio.create_task(self._read())
        return self

    async def ask(self, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        self._asked += 1
        answer = self._waiting[self._asked] = asyncio.get_running_loop().create_future()
        await self._socket.send_str(f"42/meeting,{self._asked}" + json.dumps([event, payload]))
        return await answer

    async def lose(self) -> None:
        """As if the network went: no close frame."""
        assert self._socket._response.connection is not None
        assert self._socket._response.connection.transport is not None
        self._socket._response.connection.transport.abort()
        await self._close()

    async def disconnect(self) -> None:
        if self._http is not None and not self._socket.closed:
            await self._socket.send_str("41/meeting,")
            await self._socket.close()
        await self._close()

    async def _close(self) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _read(self) -> None:
        async for message in self._socket:
            packet = message.data
            if packet == "2":
                await self._socket.send_str("3")
            elif packet.startswith("42/meeting,"):
                event, data = json.loads(packet.removeprefix("42/meeting,"))
                self.heard.append((event, data))
            elif packet.startswith("43/meeting,"):
                ack_id, bracket, rest = packet.removeprefix("43/meeting,").partition("[")
                (answer,) = json.loads(bracket + rest)
                self._waiting.pop(int(ack_id)).set_result(answer)

"""Signaling of one simulated participant: what any client may say, by python-socketio."""

from __future__ import annotations

import asyncio
from typing import Any

import socketio

NAMESPACE = "/meeting"
PATIENCE_S = 15.0


class RefusedError(Exception):
    """The server said no, or nothing. `code` is the protocol's, or what kind of failure it was."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Session:
    """`added` receives the producers announced after joining."""

    def __init__(self) -> None:
        self.added: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.ended = asyncio.Event()
        """The server, or the network, ended it."""
        self._socket = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        self._socket.on("producer:added", self._producer_added, namespace=NAMESPACE)
        self._socket.on("disconnect", self._disconnected, namespace=NAMESPACE)

    async def connect(self, url: str, token: str) -> None:
        """Raises RefusedError."""
        refused: list[str] = []

        async def connect_error(data: Any = None) -> None:
            details = data.get("data") if isinstance(data, dict) else None
            refused.append(details["code"] if isinstance(details, dict) and "code" in details else "connection")

        self._socket.on("connect_error", connect_error, namespace=NAMESPACE)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._socket.connect(url, namespaces=[NAMESPACE], auth={"token": token}, transports=["websocket"])
        except (socketio.exceptions.ConnectionError, TimeoutError, OSError):
            raise RefusedError(refused[0] if refused else "connection") from None

    async def ask(self, event: str, **payload: Any) -> dict[str, Any]:
        """The data of the reply. Raises RefusedError."""
        try:
            reply = await self._socket.call(event, payload, namespace=NAMESPACE, timeout=PATIENCE_S)
        except (socketio.exceptions.SocketIOError, TimeoutError):
            raise RefusedError("timeout") from None
        if not reply["ok"]:
            raise RefusedError(reply["error"]["code"])
        data: dict[str, Any] = reply["data"]
        return data

    async def close(self) -> None:
        await self._socket.disconnect()

    async def _producer_added(self, producer: dict[str, Any]) -> None:
        self.added.put_nowait(producer)

    async def _disconnected(self, *_reason: Any) -> None:
        self.ended.set()

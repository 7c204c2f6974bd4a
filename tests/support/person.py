"""A participant without a browser: signaling by python-socketio, everything heard is kept."""

from __future__ import annotations

from typing import Any

import socketio

from tests.support.eventually import eventually

NAMESPACE = "/meeting"


class Person:
    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        self._token = token
        self.heard: list[tuple[str, Any]] = []
        self.socket = socketio.AsyncClient(reconnection=False)
        self.socket.on("*", self._hear, namespace=NAMESPACE)
        self.joined: dict[str, Any] = {}

    async def _hear(self, event: str, data: Any = None) -> None:
        self.heard.append((event, data))

    async def connect(self) -> Person:
        auth = {"token": self._token} if self._token is not None else None
        await self.socket.connect(self._url, namespaces=[NAMESPACE], auth=auth, transports=["websocket"])
        return self

    async def request(self, event: str, **payload: Any) -> dict[str, Any]:
        """The whole ack, right or wrong."""
        reply: dict[str, Any] = await self.socket.call(event, payload, namespace=NAMESPACE, timeout=10)
        return reply

    async def ask(self, event: str, **payload: Any) -> dict[str, Any]:
        """The data of an ack that says ok."""
        reply = await self.request(event, **payload)
        assert reply["ok"], reply
        data: dict[str, Any] = reply["data"]
        return data

    async def refused(self, event: str, **payload: Any) -> str:
        """The code of an ack that says no."""
        reply = await self.request(event, **payload)
        assert not reply["ok"], reply
        assert reply["error"]["event"] == event
        return str(reply["error"]["code"])

    async def join(self, meeting_id: str, **payload: Any) -> Person:
        self.joined = await self.ask("room:join", meeting_id=meeting_id, **payload)
        return self

    async def told(self, event: str) -> Any:
        """The payload of the first notification of this name."""

        async def heard() -> list[Any]:
            return [data for name, data in self.heard if name == event]

        return (await eventually(heard, f"told {event}"))[0]

    async def disconnect(self) -> None:
        await self.socket.disconnect()

"""A real aiohttp server with the gateway, and real Socket.IO clients; beneath it the world of `world`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import socketio
from aiohttp import web

from config.rates import RateSettings
from config.settings import LimitSettings, Settings
from persistence.repositories.meetings import NewMeeting
from signaling.gateway import Gateway
from signaling.identity import Identity
from signaling.messages.catalogue import NAMESPACE
from signaling.rooms import Registry
from tests.signaling.world import MemoryStore, ModelledRooms

WITHIN_S = 5.0


class Client:
    """A Socket.IO client that keeps what it hears."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.socket = socketio.AsyncClient(reconnection=False)
        self.socket.on("*", self._hear, namespace=NAMESPACE)
        self.socket.on("disconnect", self._disconnected, namespace=NAMESPACE)
        self.heard: list[tuple[str, Any]] = []
        self.gone = asyncio.Event()
        self._news = asyncio.Event()

    async def _hear(self, event: str, data: Any = None) -> None:
        self.heard.append((event, data))
        self._news.set()

    async def _disconnected(self, _reason: str) -> None:
        self.gone.set()

    async def connect(self, token: object, transports: tuple[str, ...] = ("websocket",)) -> Client:
        auth = None if token is None else {"token": token}
        await self.socket.connect(self._url, namespaces=[NAMESPACE], auth=auth, transports=list(transports))
        return self

    async def lose(self) -> None:
        """The network is gone: nothing says goodbye."""
        self.socket.eio.ws._conn.transport.abort()
        await self.gone.wait()

    async def send(self, event: str, *payload: Any) -> None:
        """Without an ack."""
        await self.socket.emit(event, payload or None, namespace=NAMESPACE)

    async def request(self, event: str, **payload: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self.socket.call(event, payload, namespace=NAMESPACE, timeout=WITHIN_S)
        return answer

    async def ask(self, event: str, **payload: Any) -> dict[str, Any]:
        answer = await self.request(event, **payload)
        assert answer["ok"] is True, answer
        data: dict[str, Any] = answer["data"]
        return data

    async def refused(self, event: str, **payload: Any) -> str:
        answer = await self.request(event, **payload)
        assert answer["ok"] is False, answer
        assert set(answer["error"]) == {"code", "message", "event"}
        assert answer["error"]["event"] == event
        return str(answer["error"]["code"])

    async def told(self, event: str, count: int = 1) -> Any:
        """The data of the `count`-th event of this name, once it has come."""
        async with asyncio.timeout(WITHIN_S):
            while len(found := [data for name, data in self.heard if name == event]) < count:
                self._news.clear()
                await self._news.wait()
        return found[count - 1]

    def names(self) -> list[str]:
        return [name for name, _ in self.heard]

    async def settle(self) -> None:
        """Everything said to this client before is heard after this: answers and notifications share one line."""
        await self.request("no:such:request")

    async def join(self, meeting_id: str, **payload: Any) -> dict[str, Any]:
        return await self.ask("room:join", meeting_id=meeting_id, **payload)

    async def transport(self, direction: str, **wishes: bool) -> str:
        return str((await self.ask("transport:create", direction=direction, **wishes))["id"])

    async def produce(self, source: str = "microphone", transport_id: str | None = None, **payload: Any) -> str:
        kind = "audio" if source in {"microphone", "screen_audio"} else "video"
        on = transport_id or await self.transport("send")
        made = await self.ask("produce", transport_id=on, kind=kind, rtpParameters={}, source=source, **payload)
        return str(made["id"])

    async def consume(self, producer_id: str, transport_id: str | None = None) -> str:
        on = transport_id or await self.transport("recv")
        return str((await self.ask("consume", transport_id=on, producer_id=producer_id, rtpCapabilities={}))["id"])


class Node:
    """The gateway on a port of its own. Tokens are names of identities: `token()` makes one."""

    def __init__(self, limits: LimitSettings, rates: RateSettings, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self.media = ModelledRooms()
        self.registry = Registry(limits)
        self.settings = Settings(limits=limits, rates=rates)
        self.identities: dict[str, Identity] = {}
        self.revoked: list[Identity] = []
        self.now = 1_800_000_000.0
        self.gateway = Gateway(
            authenticate=self._authenticate,
            registry=self.registry,
            media=self.media,
            store=self.store,
            settings=self.settings,
            revoked=self.revoked.__contains__,
            now=lambda: self.now,
        )
        self.clients: list[Client] = []
        self.url = ""

    async def _authenticate(self, token: str) -> Identity:
        return self.identities[token]

    def token(self, name: str, **claims: Any) -> str:
        self.identities[name] = replace(Identity(user_id=f"user-{name}", name=name), **claims)
        return name

    async def connect(self, name: str, **claims: Any) -> Client:
        client = self.client()
        return await client.connect(self.token(name, **claims))

    def client(self) -> Client:
        client = Client(self.url)
        self.clients.append(client)
        return client

    async def meeting(self, meeting_id: str = "daily", **fields: Any) -> str:
        await self.store.meetings.create(NewMeeting(id=meeting_id, title="Daily", **fields))
        return meeting_id

    async def until(self, fact: Callable[[], bool]) -> None:
        """Wait for something of the server's own that no client is told."""
        async with asyncio.timeout(WITHIN_S):
            while not fact():  # noqa: ASYNC110 - there is nobody to tell us
                await asyncio.sleep(0)

    @property
    def record(self) -> Any:
        return self.store.emitter


@pytest.fixture
def limits() -> LimitSettings:
    return LimitSettings()


@pytest.fixture
def rates() -> RateSettings:
    return RateSettings()


@pytest.fixture
async def node(limits: LimitSettings, rates: RateSettings) -> AsyncIterator[Node]:
    async with serving(Node(limits, rates)) as node:
        yield node


@asynccontextmanager
async def serving(node: Node) -> AsyncIterator[Node]:
    app = web.Application()
    node.gateway.mount(app)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    await node.gateway.start()
    port = runner.addresses[0][1]
    node.url = f"http://127.0.0.1:{port}"
    yield node
    for client in node.clients:
        with contextlib.suppress(Exception):
            await client.socket.disconnect()
    await node.gateway.stop()
    await runner.cleanup()

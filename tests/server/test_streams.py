"""Operators watch the log as it grows: from where they were, for as long as they may, and never at others' expense."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from persistence.events import HandLowered, HandRaised
from persistence.store import Store
from server.api.contract import Streamed
from server.api.dispatch import ApiDispatch
from server.api.streaming import Streaming
from server.api.streams import StreamsApi
from server.identity import TokenAuthority
from server.tokens.authenticator import Authenticator
from signaling.identity import Identity
from tests.persistence.conftest import open_store, postgres_socket, store, url
from tests.server.test_api_dispatch import NothingRevoked
from tests.support.eventually import eventually
from tests.support.unlimited import unlimited

__all__ = ["open_store", "postgres_socket", "store", "url"]
NOW = 1_800_000_000.0
SECRET = "s" * 32
Client = TestClient[web.Request, web.Application]


class House:
    """One server with streams, and what tests turn on it."""

    def __init__(self, store: Store) -> None:
        self.now = NOW
        self.gone: set[str] = set()
        self.authority = TokenAuthority(SECRET, now=lambda: self.now)
        self.dispatch = ApiDispatch(Authenticator(self.authority, revoked=NothingRevoked()), unlimited())
        api = StreamsApi(store, revoked=self._revoked, keep_alive_s=0.05, wall=lambda: self.now)
        self.app = web.Application()
        self.dispatch.mount(self.app, api.routes())

    def _revoked(self, identity: Identity) -> bool:
        return identity.user_id in self.gone

    def headers(self, **claims: Any) -> dict[str, str]:
        token = self.authority.issue("olive", ttl_s=3600, **{"operator": True, **claims})
        return {"Authorization": f"Bearer {token}"}


@pytest_asyncio.fixture
async def house(store: Store) -> House:
    return House(store)


@pytest_asyncio.fixture
async def client(house: House) -> AsyncIterator[Client]:
    async with TestClient(TestServer(house.app)) as client:
        yield client


async def pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[dict[str, str]]:
    """Events as a browser would see them; comments are left out."""
    fields: dict[str, str] = {}
    async for line in answer.content:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif "data" in fields:
            yield fields
            fields = {}


Watch = Callable[[int], Awaitable[list[dict[str, str]]]]


@asynccontextmanager
async def watching(client: Client, house: House, path: str, **headers: str) -> AsyncIterator[Watch]:
    async with client.get(path, headers=house.headers() | headers) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "text/event-stream"
        assert (await answer.content.readline()).startswith(b"retry:")
        source = pieces(answer)

        async def watch(count: int) -> list[dict[str, str]]:
            async with asyncio.timeout(10):
                return [await anext(source) for _ in range(count)]

        yield watch


async def raise_hands(store: Store, meeting: str, count: int) -> None:
    await store.emitter.emit(meeting, *[HandRaised()] * count, participant_id="p")


async def test_what_happens_is_seen_as_it_happens(client: Client, house: House, store: Store) -> None:
    await raise_hands(store, "before", 3)
    async with watching(client, house, "/api/events/stream") as watch:
        await raise_hands(store, "a", 1)
        await raise_hands(store, "b", 1)
        seen = await watch(2)
    assert [(piece["id"], piece["event"]) for piece in seen] == [("4", "hand.raised"), ("5", "hand.raised")]
    assert [json.loads(piece["data"])["meeting_id"] for piece in seen] == ["a", "b"]


async def test_a_stream_that_was_cut_goes_on_after_the_last_event_seen(
    client: Client, house: House, store: Store
) -> None:
    async with watching(client, house, "/api/events/stream?after=0") as watch:
        await raise_hands(store, "a", 5)
        last = (await watch(3))[-1]["id"]
    await raise_hands(store, "a", 2)
    async with watching(client, house, "/api/events/stream?after=0", **{"Last-Event-ID": last}) as watch:
        assert [piece["id"] for piece in await watch(4)] == ["4", "5", "6", "7"]


async def test_a_meetings_own_stream_counts_by_its_sequence(client: Client, house: House, store: Store) -> None:
    for meeting in ("a", "b", "a", "b"):
        await raise_hands(store, meeting, 2)
    path = "/api/meetings/b/events/stream"
    async with watching(client, house, f"{path}?after=0") as watch:
        assert [piece["id"] for piece in await watch(4)] == ["1", "2", "3", "4"]
    async with watching(client, house, path, **{"Last-Event-ID": "3"}) as watch:
        await raise_hands(store, "a", 1)
        await raise_hands(store, "b", 1)
        assert [piece["id"] for piece in await watch(2)] == ["4", "5"]


async def test_types_and_a_meeting_can_be_chosen(client: Client, house: House, store: Store) -> None:
    for meeting in ("a", "b"):
        await store.emitter.emit(meeting, HandRaised(), HandLowered(), participant_id="p")
    path = "/api/events/stream?after=0&types=hand.lowered,meeting.*&meeting_id=b"
    async with watching(client, house, path) as watch:
        (seen,) = await watch(1)
    assert (seen["id"], seen["event"]) == ("4", "hand.lowered")


async def test_only_operators_watch_and_only_what_exists(client: Client, house: House) -> None:
    for path in ("/api/events/stream", "/api/meetings/m/events/stream"):
        assert (await client.get(path)).status == 401
        assert (await client.get(path, headers=house.headers(operator=False))).status == 403
        for query in ("types=no.such", "types=", "types=a b", "after=-1", "after=x", "wrong=1"):
            assert (await client.get(f"{path}?{query}", headers=house.headers())).status == 422


async def test_a_stream_ends_with_the_token_it_was_opened_with(client: Client, house: House) -> None:
    async with client.get("/api/events/stream", headers=house.headers()) as answer:
        house.now += 3601
        async with asyncio.timeout(10):
            await answer.read()
    async with client.get("/api/events/stream", headers=house.headers()) as answer:
        house.gone.add("olive")
        async with asyncio.timeout(10):
            await answer.read()
    assert house.dispatch.streaming.ended == {"source": 2}


async def test_so_many_are_open_and_no_more(client: Client, house: House) -> None:
    house.dispatch.streaming = Streaming(most=2)
    async with client.get("/api/events/stream", headers=house.headers()) as first:
        assert first.status == 200
        async with client.get("/api/events/stream", headers=house.headers()) as second:
            assert second.status == 200
            third = await client.get("/api/events/stream", headers=house.headers())
            assert (third.status, (await third.json())["error"]["code"]) == (409, "CAPACITY_EXCEEDED")

    async def all_closed() -> bool:
        return house.dispatch.streaming.open == 0

    await eventually(all_closed, "readers who went away are noticed")


async def test_a_reader_that_takes_nothing_is_cut_off_and_nothing_piles_up() -> None:
    streaming, made = Streaming(taken_within_s=0.2), 0

    async def endless() -> AsyncGenerator[bytes]:
        nonlocal made
        while True:
            made += 1
            yield b"data: " + b"x" * 65_536 + b"\n\n"

    async def serve(request: web.Request) -> web.StreamResponse:
        return await streaming.send(request, Streamed(endless()))

    async def cut_off() -> bool:
        return streaming.ended["slow_reader"] == 1

    app = web.Application()
    app.router.add_get("/", serve)
    async with TestServer(app) as server:
        _reader, writer = await asyncio.open_connection(server.host, server.port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(cut_off, "the slow reader is cut off")
        writer.close()
    assert streaming.open == 0
    assert made < 500  # what the system's own buffers hold


async def test_closing_the_server_ends_its_streams_at_once(house: House) -> None:
    async with TestClient(TestServer(house.app)) as client:
        answer = await client.get("/api/events/stream", headers=house.headers())
        assert answer.status == 200
    assert house.dispatch.streaming.open == 0
    answer.close()

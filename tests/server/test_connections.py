"""Who connects and does not ask (case 62, M9)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from config.settings import HttpSettings
from server.client_address import TrustedProxies
from server.connections import Connections
from server.http import HttpServer

WITHIN_S = 0.1


async def hello(request: web.Request) -> web.StreamResponse:
    return web.Response(body=await request.read() or b"hello")


async def socket(request: web.Request) -> web.StreamResponse:
    answer = web.WebSocketResponse()
    await answer.prepare(request)
    async for message in answer:
        await answer.send_str(message.data)
    return answer


class Server:
    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        app = web.Application(middlewares=[connections.middleware])
        app.router.add_route("*", "/", hello)
        app.router.add_get("/socket", socket)
        self.http = HttpServer(app, HttpSettings(host="127.0.0.1", port=0), connections)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.port}"

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.http.port)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    connections = Connections(most_per_address=4, trusted=TrustedProxies([]), header_within_s=WITHIN_S)
    server = Server(connections)
    await server.http.start()
    yield server
    await server.http.stop()


async def closed(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(5):
        try:
            return await reader.read() is not None
        except ConnectionError:
            return True


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_header_that_does_not_come_in_time_ends_the_connection(server: Server, said: bytes) -> None:
    reader, writer = await server.connect()
    writer.write(said)
    assert await closed(reader)
    writer.close()
    assert server.connections.refused == {"slow_header": 1}


async def test_a_second_header_on_the_same_connection_has_as_little_time(server: Server) -> None:
    reader, writer = await server.connect()
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
    writer.write(b"GET / HT")
    assert await closed(reader)
    writer.close()
    assert server.connections.refused == {"slow_header": 1}


async def test_a_connection_that_has_asked_may_be_silent(server: Server) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{server.url}/socket") as opened:
        passed = asyncio.Event()
        asyncio.get_running_loop().call_later(3 * WITHIN_S, passed.set)
        await passed.wait()
        await opened.send_str("still here")
        assert await opened.receive_str() == "still here"
        answer = await session.post(server.url, data=b"x" * 300_000)
        assert len(await answer.read()) == 300_000
    assert not server.connections.refused


async def test_one_connection_too_many_of_an_address_is_closed_unheard(server: Server) -> None:
    opened = [await server.connect() for _ in range(4)]
    reader, writer = await server.connect()
    assert await closed(reader)
    writer.close()
    assert server.connections.refused["too_many_connections"] == 1
    for _, other in opened:
        other.close()
        await other.wait_closed()
    async with aiohttp.ClientSession() as session:
        assert (await session.get(server.url)).status == 200


async def test_a_proxys_connections_are_not_counted_as_one_clients() -> None:
    connections = Connections(most_per_address=1, trusted=TrustedProxies(["127.0.0.1"]))
    assert all(connections.enter("127.0.0.1") for _ in range(10))
    assert connections.enter("192.0.2.1")
    assert not connections.enter("192.0.2.1")

"""How a websocket is read and written: without packing, and not for ever when nobody is at the other end."""

from __future__ import annotations

import json
import time

import aiohttp
import pytest

from tests.signaling.conftest import Node
from tests.signaling.test_bad_input import raw


async def welcome(node: Node, session: aiohttp.ClientSession, name: str) -> aiohttp.ClientWebSocketResponse:
    node.token(name)
    socket = await raw(node, session)
    await socket.send_str("40/meeting," + json.dumps({"token": name}))
    assert (await socket.receive_str()).startswith("40/meeting,")
    return socket


async def test_nothing_is_packed_even_for_who_offers_it(node: Node) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{node.url}/socket.io/?EIO=4&transport=websocket", compress=15) as socket,
    ):
        assert not socket.compress
        assert (await socket.receive_str()).startswith("0{")


async def test_who_answers_no_ping_is_gone_and_half_open_connections_are_torn_down(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the closing of the connection is waited for: nobody would answer that either."""
    monkeypatch.setattr(node.gateway._server.eio, "ping_interval", 0.2)
    monkeypatch.setattr(node.gateway._server.eio, "ping_timeout", 0.2)
    async with aiohttp.ClientSession() as session:
        socket = await welcome(node, session, "ada")
        assert node.gateway.sessions == 1
        began = time.monotonic()
        await node.until(lambda: node.gateway.sessions == 0)
        assert time.monotonic() - began < 3
        assert not socket.closed, "this side has not said a word"


async def test_an_empty_message_ends_the_connection_and_nothing_else(node: Node) -> None:
    async with aiohttp.ClientSession() as session:
        ada, eve = await welcome(node, session, "ada"), await welcome(node, session, "eve")
        await eve.send_str("")
        await node.until(lambda: node.gateway.sessions == 1)
        await ada.send_str('42/meeting,1["no:such:request",{}]')
        assert (await ada.receive_str()).startswith("43/meeting,1")

"""What is wrong gets its code, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
import socketio
from aiohttp.base_protocol import BaseProtocol

from config.rates import RateSettings
from signaling.gateway import MAX_MESSAGE_BYTES
from signaling.identity import Identity
from signaling.messages.catalogue import NAMESPACE, REQUESTS
from signaling.messages.model import Error
from signaling.posts import MAX_PACKETS, read_packets
from signaling.session import INBOX_LIMIT
from signaling.socket_server import MAX_MALFORMED
from tests.signaling.conftest import Node


@pytest.mark.parametrize("token", [None, "", "forged", 7, {"alg": "none"}])
async def test_a_handshake_without_a_good_token_is_refused_with_a_code(node: Node, token: object) -> None:
    client = node.client()
    refusals: list[Any] = []
    client.socket.on("connect_error", refusals.append, namespace=NAMESPACE)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(token)
    assert refusals[0]["data"]["code"] == "UNAUTHORIZED"
    assert node.gateway.sessions == 0
    assert node.gateway.counters.refused["unauthorized"] == 1


async def test_an_unknown_event_is_not_found(node: Node) -> None:
    ada = await node.connect("ada")
    assert await ada.refused("room:explode") == "NOT_FOUND"
    assert node.gateway.counters.requests["unknown", "NOT_FOUND"] == 1


@pytest.mark.parametrize(
    "event", sorted(REQUESTS.keys() - {"room:create", "room:join", "lobby:leave", "token:refresh"})
)
async def test_a_request_before_joining_is_denied(node: Node, event: str) -> None:
    ada = await node.connect("ada")
    assert await ada.refused(event) == "ACCESS_DENIED"


async def test_a_second_join_is_a_conflict(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    assert await ada.refused("room:join", meeting_id="daily") == "CONFLICT"


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("room:join", {}),
        ("room:join", {"meeting_id": "../../etc"}),
        ("room:join", {"meeting_id": 7}),
        ("room:join", {"meeting_id": "daily", "SECRET": True}),
        ("room:create", {"title": "SECRET" * 100}),
        ("room:create", {"title": "SECRET\x00"}),
        ("room:create", {"max_participants": "SECRET"}),
    ],
)
async def test_a_payload_that_breaks_its_schema_is_refused_without_an_echo(
    node: Node, event: str, payload: dict[str, Any]
) -> None:
    ada = await node.connect("ada")
    answer = await ada.request(event, **payload)
    assert answer["error"]["code"] == "VALIDATION"
    assert "SECRET" not in answer["error"]["message"]


@pytest.mark.parametrize("payload", [[], "text", 7, True, [["nested"]]])
async def test_a_payload_that_is_no_object_is_refused(node: Node, payload: object) -> None:
    ada = await node.connect("ada")
    await ada.send("room:join", payload)
    assert (await ada.told("error"))["code"] == "VALIDATION"


async def test_more_than_one_argument_is_refused(node: Node) -> None:
    ada = await node.connect("ada")
    await ada.send("room:join", {"meeting_id": "daily"}, {"meeting_id": "daily"})
    assert (await ada.told("error"))["code"] == "VALIDATION"


async def test_binary_attachments_are_refused_and_not_kept(node: Node) -> None:
    ada = await node.connect("ada")
    answer = await ada.socket.call("room:join", {"meeting_id": b"x" * 1000}, namespace=NAMESPACE, timeout=5)
    assert answer["error"]["code"] == "VALIDATION"
    assert await ada.refused("no:such") == "NOT_FOUND"


async def test_ids_of_another_room_and_of_another_participant_are_as_unknown_as_no_ids(node: Node) -> None:
    await node.meeting("one")
    await node.meeting("two")
    ada, bob, eve = [await node.connect(name) for name in ("ada", "bob", "eve")]
    for client, meeting in ((ada, "one"), (bob, "one"), (eve, "two")):
        await client.join(meeting)
    producer, transport = await ada.produce(), await ada.transport("recv")
    consumer = await ada.consume(producer, transport)
    eves_send, eves_recv = await eve.transport("send"), await eve.transport("recv")
    heard = len(ada.heard), len(bob.heard)
    asked = len(node.media.asked)

    async def answers(client: Any, transport_id: str, producer_id: str, consumer_id: str) -> list[Any]:
        track = {"kind": "audio", "rtpParameters": {}, "source": "microphone"}
        return [
            await client.request("transport:connect", transport_id=transport_id, dtlsParameters={}),
            await client.request("transport:restart_ice", transport_id=transport_id),
            await client.request("produce", transport_id=transport_id, **track),
            await client.request("producer:pause", producer_id=producer_id),
            await client.request("producer:close", producer_id=producer_id),
            await client.request("consumer:resume", consumer_id=consumer_id),
            await client.request("consumer:layers", consumer_id=consumer_id, spatial_layer=0),
            await client.request("consumer:close", consumer_id=consumer_id),
        ]

    unknown = await answers(eve, "none", "none", "none")
    assert {answer["error"]["code"] for answer in unknown} == {"NOT_FOUND"}
    assert await answers(eve, transport, producer, consumer) == unknown
    assert await answers(bob, transport, producer, consumer) == unknown
    assert await eve.refused("consume", transport_id=eves_recv, producer_id=producer, rtpCapabilities={}) == "NOT_FOUND"
    assert eves_send in node.media.rooms["two"].transports
    await ada.settle()
    assert (len(ada.heard), len(bob.heard)) == heard
    # What is looked up in a table and not found takes as long whatever else there is.
    assert len(node.media.asked) == asked, "the SFU was asked in neither case"
    assert node.media.rooms["one"].consumers.keys() == {consumer}


async def test_requests_that_pile_up_are_refused_one_reply_each(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    asked = INBOX_LIMIT * 2
    session, _ = next(iter(node.gateway._signaling._sessions.values()))
    offered = [Recorder() for _ in range(asked)]
    for request in offered:
        session.offer(request)
    await ada.settle()
    assert [request.answers for request in offered] == [["NOT_FOUND"]] * INBOX_LIMIT + [["RATE_LIMITED"]] * INBOX_LIMIT


class Recorder:
    """A request that keeps its answers."""

    event = "no:such"
    payload: object = {}

    def __init__(self) -> None:
        self.answers: list[str] = []

    def reply(self, event: str, _told: object) -> None:
        self.answers.append(event)

    def refuse(self, error: Any) -> None:
        self.answers.append(error.code)


async def raw(node: Node, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    """A websocket that has opened Engine.IO and said nothing more."""
    socket = await session.ws_connect(f"{node.url}/socket.io/?EIO=4&transport=websocket")
    assert (await socket.receive_str()).startswith("0{")
    return socket


async def closed(socket: aiohttp.ClientWebSocketResponse) -> bool:
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT and message.data == "2":
            await socket.send_str("3")
    return socket.closed


async def test_a_connection_that_is_over_before_its_token_is_verified_leaves_no_session(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verifying may have to ask another issuer for its keys, which may take longer than a connection has."""
    monkeypatch.setattr("signaling.rates.addresses.CONNECT_WITHIN_S", 0.05)
    answer = asyncio.Event()

    async def slowly(token: str) -> Identity:
        await answer.wait()
        return node.identities[token]

    node.gateway._authenticate = slowly
    node.token("ada")
    async with aiohttp.ClientSession() as session:
        socket = await raw(node, session)
        await socket.send_str('40/meeting,{"token":"ada"}')
        await node.until(lambda: node.gateway.counters.refused["no_connect"] == 1)
        answer.set()
        assert await closed(socket)
    await node.until(lambda: not node.gateway.addresses._address_of)
    assert node.gateway.sessions == 0


async def test_a_message_over_the_limit_ends_the_connection(node: Node) -> None:
    ada = await node.connect("ada")
    await ada.send("reaction:send", {"reaction": "x" * MAX_MESSAGE_BYTES})
    await node.until(lambda: node.gateway.sessions == 0)


async def test_who_keeps_sending_what_is_no_packet_is_hung_up_on(node: Node) -> None:
    node.token("ada")
    async with aiohttp.ClientSession() as session:
        socket = await raw(node, session)
        await socket.send_str('40/meeting,{"token":"ada"}')
        garbage = [
            "49",
            '42/meeting,["x"',
            "42/meeting,{}",
            "42/meeting,[7]",
            "4" + "[" * 60000,
            '42["x",{}]',
            "43/meeting,1[]",
        ]
        for n in range(MAX_MALFORMED):
            await socket.send_str(garbage[n % len(garbage)])
        assert await closed(socket)
    await node.until(lambda: node.gateway.sessions == 0)
    assert node.gateway.counters.refused["malformed"] >= MAX_MALFORMED


async def test_text_that_is_no_utf8_ends_the_websocket(node: Node) -> None:
    """Case 55. 1007 is the code of RFC 6455 for it."""
    node.token("ada")
    async with aiohttp.ClientSession() as session:
        socket = await raw(node, session)
        await socket.send_str('40/meeting,{"token":"ada"}')
        await node.until(lambda: node.gateway.sessions == 1)
        await socket.send_frame(b'42/meeting,["x","\xff"]', aiohttp.WSMsgType.TEXT)
        assert await closed(socket)
        assert socket.close_code == 1007
    await node.until(lambda: node.gateway.sessions == 0)


async def polling(node: Node, session: aiohttp.ClientSession) -> str:
    """The address of a connection that polls and has said who it is."""
    node.token("ada")
    async with session.get(f"{node.url}/socket.io/?EIO=4&transport=polling") as answer:
        url = f"{answer.url}&sid={json.loads((await answer.text())[1:])['sid']}"
    async with session.post(url, data='40/meeting,{"token":"ada"}') as answer:
        assert answer.status == 200
    assert node.gateway.sessions == 1
    return url


ASKED = '42/meeting,1["room:levitate",{}]'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(ASKED.encode() + b"\x1e\xff", id="no UTF-8"),
        pytest.param("\x1e".join([ASKED] * (MAX_PACKETS + 1)).encode(), id="too many packets"),
        pytest.param(ASKED.encode() + b"\x1ex", id="no packet"),
        pytest.param(ASKED.encode() + b"\x1ebx", id="no base64"),
        pytest.param(b"d=", id="an empty form"),
        pytest.param(b"4" * (MAX_MESSAGE_BYTES + 1), id="too long"),
    ],
)
async def test_a_post_that_cannot_be_taken_is_refused_and_ends_its_connection(node: Node, body: bytes) -> None:
    """Case 55. Nothing of it is carried out, and nobody waits for answers that would never come."""
    async with aiohttp.ClientSession() as session:
        url = await polling(node, session)
        async with session.post(url, data=body) as answer:
            assert answer.status == 400
        await node.until(lambda: node.gateway.sessions == 0)
        async with session.get(url) as answer:
            assert answer.status == 400
    assert node.gateway.counters.refused["malformed"] == 1
    assert not node.gateway.counters.requests


async def test_as_many_packets_as_a_post_may_hold_are_all_taken(node: Node) -> None:
    async with aiohttp.ClientSession() as session:
        url = await polling(node, session)
        async with session.post(url, data="\x1e".join([ASKED] * MAX_PACKETS)) as answer:
            assert answer.status == 200
        await node.until(lambda: node.gateway.counters.requests["unknown", "NOT_FOUND"] == MAX_PACKETS)


async def test_a_post_that_comes_in_pieces_is_read_to_its_end() -> None:
    protocol = BaseProtocol(asyncio.get_running_loop())
    protocol.connection_made(asyncio.Transport())

    class Post:
        content = aiohttp.StreamReader(protocol, 2**16)

    reading = asyncio.create_task(read_packets(Post, most_bytes=MAX_MESSAGE_BYTES))  # type: ignore[arg-type]
    for piece in (ASKED[:7], ASKED[7:20], ASKED[20:]):
        # Only when what came before was read.
        await asyncio.sleep(0)
        assert not reading.done()
        Post.content.feed_data(piece.encode())
    Post.content.feed_eof()
    (packet,) = await reading
    assert packet.data == ASKED[1:]


async def test_a_post_that_does_not_come_is_not_waited_for(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.posts.BODY_WITHIN_S", 0.05)
    never = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"42/meeting"
        await never.wait()

    async with aiohttp.ClientSession() as session:
        url = await polling(node, session)
        with suppress(aiohttp.ClientError):
            async with session.post(url, data=stuck()) as answer:
                assert answer.status == 400
        await node.until(lambda: node.gateway.sessions == 0)
    assert node.gateway.counters.refused["malformed"] == 1


async def test_a_connection_that_says_connect_twice_keeps_its_one_session(node: Node) -> None:
    node.token("ada")
    async with aiohttp.ClientSession() as session:
        socket = await raw(node, session)
        for _ in range(3):
            await socket.send_str('40/meeting,{"token":"ada"}')
        await node.until(lambda: node.gateway.counters.refused["malformed"] == 2)
        assert node.gateway.sessions == 1


async def test_a_connection_that_never_says_connect_is_closed(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.rates.addresses.CONNECT_WITHIN_S", 0.05)
    async with aiohttp.ClientSession() as session:
        assert await closed(await raw(node, session))
    assert node.gateway.counters.refused["no_connect"] == 1


@pytest.mark.parametrize("rates", [RateSettings(waiting_per_address=2)])
async def test_connections_that_wait_are_limited_for_one_address(node: Node) -> None:
    async with aiohttp.ClientSession() as session:
        waiting = [await raw(node, session) for _ in range(2)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await raw(node, session)
        assert refused.value.status == 429
        assert refused.value.headers is not None
        assert int(refused.value.headers["Retry-After"]) > 0
        for socket in waiting:
            await socket.close()
    assert node.gateway.counters.refused["too_many_waiting"] == 1


async def test_a_client_that_does_not_read_is_hung_up_on(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.outbound.MAX_BYTES", 2_000)
    node.token("ada")
    async with aiohttp.ClientSession() as session:
        socket = await raw(node, session)
        await socket.send_str('40/meeting,{"token":"ada"}')
        await node.until(lambda: node.gateway.sessions == 1)
        signaling, _ = next(iter(node.gateway._signaling._sessions.values()))
        for _ in range(200):
            signaling.tell("error", Error(code="INTERNAL", message="x" * 100, event="x"))
        await node.until(lambda: node.gateway.sessions == 0)
    assert node.gateway.counters.refused["slow_client"] == 1


async def test_an_unexpected_failure_tells_nothing_of_its_inside(node: Node) -> None:
    async def explode(_command: object) -> None:
        raise RuntimeError("the password is swordfish")

    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    node.media.before = explode
    answer = await ada.request("transport:create", direction="send")
    node.media.before = None
    assert answer["error"]["code"] == "INTERNAL"
    assert "swordfish" not in json.dumps(answer)
    assert (await ada.request("transport:create", direction="send"))["ok"]

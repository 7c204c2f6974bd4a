"""Cases 43 to 46 and 55 to 57 against the running program: who is let in, for how long, and what they may send."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import sqlite3
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import psutil
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from socketio.exceptions import ConnectionError as Refused

from tests.support.eventually import eventually
from tests.support.person import NAMESPACE, Person
from tests.support.server import RunningServer, running_server

RSA = RSAKey.generate_key(2048)
ISSUER = "https://issuer.example.com"
ACCOUNT = {"email": "ada@example.org", "password": "three green bicycles", "display_name": "Ada"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One that also takes tokens of one issuer, with an RSA key."""
    keys = tmp_path_factory.mktemp("keys") / "keys.json"
    keys.write_text(json.dumps({"keys": [RSA.as_dict(private=False, kid="one")]}))
    with running_server(FOLKMOOT_AUTH__JWKS=str(keys), FOLKMOOT_AUTH__JWKS_ISSUER=ISSUER) as running:
        yield running


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def open_socket(http: aiohttp.ClientSession, server: RunningServer, **options: Any) -> Any:
    """A websocket that has opened Engine.IO and said nothing more."""
    socket = await http.ws_connect(f"{server.url}/socket.io/?EIO=4&transport=websocket", **options)
    assert (await socket.receive_str()).startswith("0{")
    return socket


async def closed(socket: aiohttp.ClientWebSocketResponse) -> bool:
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT and message.data == "2":
            await socket.send_str("3")
    return socket.closed


async def refusal(server: RunningServer, token: str | None) -> Any:
    person, errors = Person(server.url, token), asyncio.Queue[Any]()
    person.socket.on("connect_error", errors.put_nowait, namespace=NAMESPACE)
    with pytest.raises(Refused):
        await person.connect()
    return (await errors.get())["data"]


async def test_case_43_a_thousand_bad_tokens_shut_their_address_out_and_leave_nothing_behind(
    http: aiohttp.ClientSession,
) -> None:
    with running_server(FOLKMOOT_RATES__FAILURES_PER_MIN="200", FOLKMOOT_RATES__SHUT_OUT_S="1") as server:
        ada = await Person(server.url, server.token("ada")).connect()
        answers: list[Any] = []
        while len(answers) < 1000 and answers[-1:] != [429]:  # on a slow machine some tries come back meanwhile
            try:
                socket = await open_socket(http, server)
            except aiohttp.WSServerHandshakeError as error:
                answers.append(error.status)
                continue
            await socket.send_str(f'40/meeting,{{"token":"guess {len(answers)}"}}')
            answers.append((await socket.receive_str())[:2])
            await socket.close()
        assert answers[:200] == ["44"] * 200
        assert answers[-1] == 429

        async def let_in_again() -> bool:
            async with http.get(f"{server.url}/socket.io/?EIO=4&transport=polling") as answer:
                return answer.status == 200

        await eventually(let_in_again, "the address is let in again after a while")
        assert await ada.refused("room:levitate") == "NOT_FOUND", "who was in is heard all the time"
        await ada.disconnect()


async def test_case_44_who_connects_and_never_says_who_they_are_is_closed_within_seconds(
    server: RunningServer, http: aiohttp.ClientSession
) -> None:
    began = time.monotonic()
    assert await closed(await open_socket(http, server))
    assert 4.5 < time.monotonic() - began < 8


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def confusions(server: RunningServer) -> dict[str, str]:
    """Every way of case 45, each differing from a good token in that alone."""
    own, stranger = OctKey.import_key(server.secret), OctKey.import_key("x" * 48)
    now = time.time()

    def made(header: dict[str, Any] | None = None, key: Any = own, **changes: Any) -> str:
        claims = {"sub": "ada", "aud": "folkmoot", "exp": int(now) + 600} | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "HS256"} | (header or {})
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])

    unsigned = f"{part({'alg': 'HS256'})}.{part({'sub': 'ada', 'aud': 'folkmoot', 'exp': int(now) + 600})}"
    by_public_key = hmac.digest(RSA.as_pem(private=False), unsigned.encode(), "sha256")
    return {
        "alg none": f"{part({'alg': 'none'})}.{part({'sub': 'ada', 'aud': 'folkmoot', 'exp': now + 600})}.",
        "no signature": f"{unsigned}.",
        "signed with the public key": f"{unsigned}.{base64.urlsafe_b64encode(by_public_key).decode().rstrip('=')}",
        "signed by a stranger": made(key=stranger),
        "a stranger's RSA key": made({"alg": "RS256", "kid": "one"}, RSAKey.generate_key(2048)),
        "kid with a path": made({"kid": "../../../dev/null"}),
        "kid with SQL": made({"kid": "x' UNION SELECT 'secret"}),
        "jku": made({"jku": "https://evil.example.com/keys.json"}),
        "x5u": made({"x5u": "https://evil.example.com/cert.pem"}),
        "jwk": made({"jwk": {"kty": "oct", "k": "eHh4"}}),
        "unknown crit": made({"crit": ["b64"], "b64": False}),
        "expired": made(exp=int(now) - 60),
        "no exp": made(exp=None),
        "an endless exp": made(exp=float("inf")),
        "nbf in the future": made(nbf=int(now) + 600),
        "another audience": made(aud="elsewhere"),
        "no audience": made(aud=None),
        "a refresh token": made(token_use="refresh"),
        "a recording's": made({"typ": "recording+jwt"}),
        "one of ours from outside": made({"alg": "RS256", "kid": "one"}, RSA, iss=ISSUER, sub="user:ada"),
        "another issuer": made({"alg": "RS256", "kid": "one"}, RSA, iss="https://elsewhere.example.com"),
        "no issuer": made({"alg": "RS256", "kid": "one"}, RSA),
    }


async def test_case_45_every_confused_token_is_refused_in_the_same_words(server: RunningServer) -> None:
    claims = {"sub": "ida", "aud": "folkmoot", "iss": ISSUER, "exp": int(time.time()) + 60}
    good = jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSA)
    assert server.request("GET", "/api/auth/me", token=good)[1]["user_id"] == "ida"
    texts = set()
    for name, token in confusions(server).items():
        told = await refusal(server, token)
        assert told["code"] == "UNAUTHORIZED", name
        status, body = server.request("GET", "/api/auth/me", token=token)
        assert (status, body["error"]["code"]) == (401, "UNAUTHORIZED"), name
        texts.add((told["message"], body["error"]["message"]))
    assert len(texts) == 1


async def test_case_46_a_token_revoked_here_or_on_another_node_ends_its_socket_within_five_seconds(
    server: RunningServer,
) -> None:
    _, ada = server.request("POST", "/api/auth/signup", body=ACCOUNT)
    _, again = server.request("POST", "/api/auth/login", body={k: ACCOUNT[k] for k in ("email", "password")})
    here, there = [await Person(server.url, signed_in["token"]).connect() for signed_in in (ada, again)]
    began = time.monotonic()
    assert server.request("POST", "/api/auth/logout", token=ada["token"], body={})[0] == 200
    assert await here.told("token:ended") == {"reason": "revoked"}
    # What another node writes is all this one sees of it.
    claims = json.loads(base64.urlsafe_b64decode(again["token"].split(".")[1] + "=="))
    now = datetime.now(UTC).replace(tzinfo=None)
    row = (claims["jti"], *(moment.isoformat(sep=" ") for moment in (now, now + timedelta(hours=1))))
    with sqlite3.connect(server.data_dir / "data" / "folkmoot.db", timeout=5) as database:
        database.execute("INSERT INTO revoked_tokens (id, revoked_at, expires_at) VALUES (?, ?, ?)", row)
    assert await there.told("token:ended") == {"reason": "revoked"}
    assert time.monotonic() - began < 5
    await eventually(lambda: gone(here, there), "both connections end")
    for token in (ada["token"], again["token"]):
        assert server.request("GET", "/api/auth/me", token=token)[0] == 401
        assert (await refusal(server, token))["code"] == "UNAUTHORIZED"


async def gone(*people: Person) -> bool:
    return not any(person.socket.connected for person in people)


HOSTILE = {
    "a byte too long": ('42/meeting,["x","' + "y" * (64 * 1024) + '"]', 1),
    "very deep": ('42/meeting,["x",' + "[" * 32_000, 16),
    "no number there is": ('42/meeting,["room:create",{"max_participants":1e999}]', 16),
    "not a number": ('42/meeting,["room:create",{"max_participants":NaN}]', 16),
    "endless attachments": ('459999999999-/meeting,["x",{"_placeholder":true,"num":0}]', None),
    "attachments by no number": ('451-/meeting,["x",{"_placeholder":true,"num":"x"}]', None),
    "parts of no message": (b"\x00" * 60_000, 16),
}
"""What is sent, and after how many of it the connection ends; None: each is answered with an error instead."""


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_case_55_what_is_no_message_is_refused_or_ends_its_connection_and_costs_nothing(
    server: RunningServer, http: aiohttp.ClientSession, hostile: str
) -> None:
    process = psutil.Process(server.pid)
    text, ends_after = HOSTILE[hostile]
    socket = await open_socket(http, server)
    await socket.send_str(f'40/meeting,{{"token":"{server.token("eve")}"}}')
    assert (await socket.receive_str()).startswith("40/meeting")
    before = process.memory_info().rss
    send = socket.send_bytes if isinstance(text, bytes) else socket.send_str
    for _ in range((ends_after or 20) - 1):
        await send(text)
    if ends_after is None:
        await send(text)
        told = [await socket.receive_str() for _ in range(20)]
        assert all(packet.startswith('42/meeting,["error"') for packet in told)
        await socket.close()
    else:
        # The one before the last leaves the connection as it is.
        await socket.send_str('42/meeting,7["room:levitate",{}]')
        assert (await socket.receive_str()).startswith("43/meeting,7")
        await send(text)
        assert await closed(socket)
    assert process.memory_info().rss - before <= 8 * 2**20
    ada = await Person(server.url, server.token("ada")).connect()
    assert await ada.refused("room:levitate") == "NOT_FOUND"
    await ada.disconnect()


async def test_case_55_a_deflate_bomb_is_not_unpacked(server: RunningServer, http: aiohttp.ClientSession) -> None:
    """64 MiB of zeros in 64 KiB."""
    process = psutil.Process(server.pid)
    socket = await open_socket(http, server, compress=15)
    before = process.memory_info().rss
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b"4" * 64 * 2**20) + packer.flush(zlib.Z_SYNC_FLUSH)
    transport = socket._response.connection.transport
    masked = bytes(4)
    # FIN, RSV1 (compressed) and text; the length in eight bytes; a mask of zeros.
    transport.write(b"\xc1\xff" + len(bomb[:-4]).to_bytes(8, "big") + masked + bomb[:-4])
    assert await closed(socket)
    assert process.memory_info().rss - before <= 8 * 2**20


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("\x1e".join(['42/meeting,1["room:levitate",{}]'] * 257).encode(), id="too many packets"),
        pytest.param(b'42/meeting,["x","\xff"]', id="no UTF-8"),
    ],
)
async def test_case_55_a_post_that_is_no_payload_is_refused_and_ends_its_connection(
    server: RunningServer, http: aiohttp.ClientSession, body: bytes
) -> None:
    async with http.get(f"{server.url}/socket.io/?EIO=4&transport=polling") as answer:
        url = f"{answer.url}&sid={json.loads((await answer.text())[1:])['sid']}"
    async with http.post(url, data=f'40/meeting,{{"token":"{server.token("eve")}"}}') as answer:
        assert answer.status == 200
    async with http.post(url, data=body) as answer:
        assert answer.status == 400
    async with http.get(url) as answer:
        assert answer.status == 400, "the connection is over"


async def test_case_55_text_that_is_no_utf8_ends_the_websocket(
    server: RunningServer, http: aiohttp.ClientSession
) -> None:
    socket = await open_socket(http, server)
    await socket.send_frame(b'42/meeting,["x","\xff"]', aiohttp.WSMsgType.TEXT)
    assert await closed(socket)
    assert socket.close_code == 1007


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://localhost.evil.example.com"])
@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_case_57_pages_of_other_sites_open_no_connection(
    server: RunningServer, http: aiohttp.ClientSession, origin: str, transport: str
) -> None:
    url, headers = f"{server.url}/socket.io/?EIO=4&transport={transport}", {"Origin": origin}
    if transport == "polling":
        async with http.get(url, headers=headers) as answer:
            assert answer.status == 400
            assert "Access-Control-Allow-Origin" not in answer.headers
    else:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url, headers=headers)


async def test_case_57_a_token_counts_in_the_handshake_alone_and_neither_in_the_address_nor_in_a_cookie(
    server: RunningServer, http: aiohttp.ClientSession
) -> None:
    token = server.token("ada")
    url = f"{server.url}/socket.io/?EIO=4&transport=websocket&token={token}&access_token={token}"
    cookies = {"token": token, "folkmoot_refresh": token}
    socket = await http.ws_connect(url, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())})
    await socket.receive_str()
    await socket.send_str("40/meeting,")
    told = await socket.receive_str()
    assert told.startswith("44/meeting,")
    assert "UNAUTHORIZED" in told
    await socket.close()
    async with http.get(f"{server.url}/api/auth/me?token={token}", cookies=cookies) as answer:
        assert answer.status == 401

"""Webhooks of the real program: managed over the API, and delivered over kills of the server."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from tests.persistence.conftest import postgres_socket, url
from tests.support.eventually import eventually
from tests.support.person import Person
from tests.support.receiver import Received, Receiver
from tests.support.server import RunningServer, running_server

__all__ = ["postgres_socket", "url"]
QUICK = {
    "FOLKMOOT_WEBHOOKS__ALLOWED_NETWORKS": "127.0.0.0/8",
    "FOLKMOOT_WEBHOOKS__RETRY_BASE_S": "0.05",
    "FOLKMOOT_WEBHOOKS__RETRY_CAP_S": "0.2",
    "FOLKMOOT_WEBHOOKS__MAX_ENDPOINTS": "5",
}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server(**QUICK) as running:
        yield running


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


async def ask(server: RunningServer, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """As an operator, while the test's own receiver goes on listening."""
    return await asyncio.to_thread(
        server.request, method, path, token=server.operator_token(), body=body, headers=headers
    )


async def make(server: RunningServer, receiver: Receiver, *types: str, **more: Any) -> dict[str, Any]:
    status, made = await ask(server, "POST", "/api/webhooks", {"url": receiver.url, "event_types": [*types], **more})
    assert status == 201, made
    return made  # type: ignore[no-any-return]


async def clear(server: RunningServer) -> None:
    for endpoint in (await ask(server, "GET", "/api/webhooks"))[1]["items"]:
        await drop(server, endpoint["id"])


async def drop(server: RunningServer, endpoint_id: str) -> None:
    status, reply = 412, None
    for revision in range(1, 20):
        status, reply = await ask(server, "DELETE", f"/api/webhooks/{endpoint_id}", **{"If-Match": f'"{revision}"'})
        if status == 200:
            return
    raise AssertionError(f"{status} {reply}")


async def report(server: RunningServer, meeting_id: str, first: int, count: int) -> list[str]:
    """Events brought by an operator, with ids that tell their order."""
    events = [
        {
            "event_id": f"00000000-0000-7000-8000-{number:012d}",
            "type": "hand.raised",
            "meeting_id": meeting_id,
            "participant_id": "p",
            "timestamp": "2026-05-01T10:00:00Z",
            "payload": {},
        }
        for number in range(first, first + count)
    ]
    status, verdicts = await ask(server, "POST", "/api/meetings/events", {"events": events})
    assert (status, verdicts["accepted"]) == (200, count)
    return [event["event_id"] for event in events]


async def test_an_endpoint_is_made_changed_replayed_and_deleted(server: RunningServer, receiver: Receiver) -> None:
    made = await make(server, receiver, "hand.*", description="for the tests")
    one = f"/api/webhooks/{made['id']}"
    assert made["secret"].startswith("whsec_")
    ids = await report(server, "managed", 1, 3)
    came = await receiver.wait_for_taken(3)
    assert [message.id for message in came] == ids
    assert all(message.signed_by(made["secret"]) for message in came)

    status, shown = await ask(server, "GET", one)
    assert (status, shown["description"], "secret" in shown) == (200, "for the tests", False)
    assert (await ask(server, "PATCH", one, {"description": "x"}))[0] == 428
    assert (await ask(server, "PATCH", one, {"description": "x"}, **{"If-Match": '"7"'}))[0] == 412
    status, changed = await ask(server, "PATCH", one, {"enabled": False}, **{"If-Match": '"1"'})
    assert (status, changed["enabled"]) == (200, False)

    ids += await report(server, "managed", 4, 2)
    assert (await ask(server, "PATCH", one, {"enabled": True}, **{"If-Match": '"2"'}))[0] == 200
    assert [message.id for message in await receiver.wait_for_taken(5)] == ids

    status, rotated = await ask(server, "POST", f"{one}/secret")
    assert (status, rotated["secret"] != made["secret"]) == (200, True)
    status, replayed = await ask(server, "POST", f"{one}/replay", {"meeting_id": "managed", "sequence": 4})
    assert status == 200, replayed
    came = await receiver.wait_for_taken(7)
    assert [message.id for message in came[5:]] == ids[3:]
    assert came[-1].signed_by(made["secret"])
    assert came[-1].signed_by(rotated["secret"])

    tries = (await ask(server, "GET", f"{one}/deliveries?limit=2"))[1]["items"]
    older = (await ask(server, "GET", f"{one}/deliveries?before={tries[-1]['id']}"))[1]["items"]
    assert len(tries) == 2
    assert {entry["outcome"] for entry in tries + older} == {"delivered"}
    told = ["webhook.created", "webhook.changed", "webhook.changed", "webhook.secret_rotated", "webhook.replayed"]
    await eventually(lambda: _logged(server, told), "the server's own log says so")
    await drop(server, made["id"])
    assert (await ask(server, "GET", one))[0] == 404


async def _logged(server: RunningServer, told: list[str]) -> bool:
    """By the types of the server's own log, straight from the database: it is no meeting."""
    connection = sqlite3.connect(server.data_dir / "data" / "folkmoot.db")
    try:
        question = "SELECT type FROM meeting_logs WHERE meeting_id = '_server' ORDER BY sequence"
        return [row[0] for row in connection.execute(question)] == told
    finally:
        connection.close()


@pytest.mark.parametrize(
    "body",
    [
        {"url": "http://127.0.0.1:1/", "event_types": []},
        {"url": "http://127.0.0.1:1/", "event_types": ["no.such"]},
        {"url": "http://127.0.0.1:1/", "event_types": ["hand"]},
        {"url": "http://127.0.0.1:1/", "event_types": ["*"], "secret": "mine"},
        {"url": "http://10.0.0.1/", "event_types": ["*"]},
        {"url": "https://169.254.169.254/latest/", "event_types": ["*"]},
        {"url": "https://[::1]/", "event_types": ["*"]},
        {"url": "file:///etc/passwd", "event_types": ["*"]},
        {"url": "http://a:b@127.0.0.1:1/", "event_types": ["*"]},
        {"url": "http://127.0.0.1:1/\r\nX: y", "event_types": ["*"]},
        {"url": "http://127.0.0.1:1/", "event_types": ["*"], "meeting_id": "../x"},
        {"url": "http://127.0.0.1:1/", "event_types": ["*"] * 65},
        {"url": "http://127.0.0.1:1/" + "x" * 2048, "event_types": ["*"]},
        {"event_types": ["*"]},
    ],
)
async def test_what_cannot_be_an_endpoint_is_refused(server: RunningServer, body: Any) -> None:
    status, reply = await ask(server, "POST", "/api/webhooks", body)
    assert (status, reply["error"]["code"]) == (422, "VALIDATION")
    assert "10.0.0.1" not in reply["error"]["message"]


async def test_only_operators_may_look_or_touch(server: RunningServer) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/x"), ("PATCH", "/x"), ("DELETE", "/x")):
        for token, status in ((None, 401), (server.token("ada", role="host"), 403)):
            assert (await asyncio.to_thread(server.request, method, f"/api/webhooks{path}", token=token))[0] == status
    for path in ("x", "x/deliveries", "%00"):
        assert (await ask(server, "GET", f"/api/webhooks/{path}"))[0] == 404


async def test_there_are_so_many_endpoints_and_no_more(server: RunningServer, receiver: Receiver) -> None:
    await clear(server)
    for _ in range(5):
        await make(server, receiver, "meeting.ended")
    body = {"url": receiver.url, "event_types": ["*"]}
    status, reply = await ask(server, "POST", "/api/webhooks", body)
    assert (status, reply["error"]["code"]) == (409, "CAPACITY_EXCEEDED")
    await clear(server)


async def test_nobody_can_make_a_meeting_of_the_servers_own_log(server: RunningServer) -> None:
    token = server.token("mallory", meeting="_server", grants={"room_create": True})
    assert (await asyncio.to_thread(server.request, "GET", "/api/meetings/_server", token=token))[0] == 404
    mallory = await Person(server.url, token).connect()
    assert await mallory.refused("room:join", meeting_id="_server") == "CONFLICT"
    await mallory.disconnect()


@pytest.mark.slow
async def test_killed_in_the_middle_of_delivery_it_goes_on_in_order_and_skips_nothing(
    url: str, receiver: Receiver
) -> None:
    """At least once: what comes twice has the same id, and leaving repetitions out gives the order of the log."""
    count, kills = 300, 3
    environment = QUICK | {"FOLKMOOT_DATABASE__URL": url}

    async def sometimes_refuse(_received: Received) -> web.StreamResponse:
        return web.Response(status=500 if len(receiver.requests) % 17 == 0 else 204)

    receiver.answer = sometimes_refuse
    context = running_server(**environment)
    server = await asyncio.to_thread(context.__enter__)
    try:
        made = await make(server, receiver, "hand.raised")
        ids = [one for first in range(1, count, 100) for one in await report(server, "stormy", first, 100)]
        for kill in range(1, kills + 1):
            await receiver.wait_for_taken(kill * count // (kills + 2))
            server.kill()
            await asyncio.to_thread(server.start)
        await receiver.wait_for(lambda: receiver.taken[-1:] != [] and receiver.taken[-1].id == ids[-1], within_s=60)
        await eventually(lambda: _caught_up(server, made["id"]), "the cursor is at the end")
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)
    assert list(dict.fromkeys(message.id for message in receiver.taken)) == ids
    assert all(message.signed_by(made["secret"]) for message in receiver.taken)
    bodies: dict[str, set[str]] = {}
    for message in receiver.taken:
        bodies.setdefault(message.id, set()).add(message.body.decode())
    assert all(len(seen) == 1 for seen in bodies.values())


async def _caught_up(server: RunningServer, endpoint_id: str) -> bool:
    shown = (await ask(server, "GET", f"/api/webhooks/{endpoint_id}"))[1]
    return bool(shown["behind"] == 0)

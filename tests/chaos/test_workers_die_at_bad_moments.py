"""Workers die while people arrive, while meetings end, and while the server itself stops."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.chaos.worker import workers
from tests.support.eventually import eventually
from tests.support.person import Person
from tests.support.server import RunningServer, running_server

MEETING = "unlucky"


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with running_server(FOLKMOOT_RTC__WORKERS="2") as running:
        yield running


async def arrive(server: RunningServer, name: str) -> Person:
    token = server.token(name, meeting=MEETING, grants={"room_create": True, "room_join": True})
    return await (await Person(server.url, token).connect()).join(MEETING)


def kill_all(server: RunningServer) -> None:
    for worker in workers(server):
        if worker["pid"] is not None:
            os.kill(worker["pid"], signal.SIGKILL)


async def well(server: RunningServer) -> bool:
    return server.request("GET", "/readyz")[0] == 200


async def test_whoever_arrives_while_every_worker_dies_gets_in(server: RunningServer) -> None:
    first = await arrive(server, "first")
    arriving = [asyncio.create_task(arrive(server, f"person-{number}")) for number in range(12)]
    await asyncio.wait(arriving, return_when=asyncio.FIRST_COMPLETED)
    kill_all(server)
    people = [first, *(await asyncio.gather(*arriving))]
    replies = await asyncio.gather(*(person.request("transport:create", direction="send") for person in people))
    assert {reply["error"]["code"] for reply in replies if not reply["ok"]} <= {"UNAVAILABLE"}
    await eventually(lambda: well(server), "both workers run again")
    for person in people:
        assert (await person.ask("transport:create", direction="recv"))["iceCandidates"]
        await person.disconnect()


async def test_a_room_may_be_left_and_closed_while_its_worker_dies(server: RunningServer) -> None:
    people = [await arrive(server, name) for name in ("ada", "ben")]
    for person in people:
        await person.ask("transport:create", direction="send")
    kill_all(server)
    await asyncio.gather(*(person.ask("room:leave") for person in people))

    async def over() -> bool:
        return bool(server.events(MEETING, type="meeting.ended"))

    await eventually(over, "the meeting ended")
    count = Counter(event["type"] for event in server.events(MEETING))
    assert (count["participant.joined"], count["participant.left"]) == (2, 2)
    await eventually(lambda: well(server), "both workers run again")
    again = await arrive(server, "ada")
    assert await again.ask("transport:create", direction="send")
    for person in (*people, again):
        await person.disconnect()


async def test_a_server_stops_in_order_while_its_workers_are_dead(server: RunningServer) -> None:
    ada = await arrive(server, "ada")
    await ada.ask("transport:create", direction="send")
    kill_all(server)
    assert await asyncio.to_thread(server.stop) == 0
    assert "exception" not in server.log().lower()
    await ada.disconnect()
    server.start()
    count = Counter(event["type"] for event in server.events(MEETING))
    assert (count["participant.left"], count["meeting.ended"]) == (1, 1)

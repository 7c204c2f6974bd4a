"""A meeting of twenty by three clients, npm's, the Python one and one written from the prose: all hear the same."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.interop.plain_client import PlainClient, RefusedError
from tests.interop.player import Client, Player
from tests.interop.scripted_meeting import HOST, PEOPLE, Transcript, comparable, script
from tests.support.person import Person
from tests.support.server import RunningServer

JS_PLAYER = Path(__file__).with_name("meeting_player.mjs")


class PythonSocketIo(Person):
    async def ask(self, event: str, payload: dict[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        return await self.request(event, **payload)

    async def connect(self) -> Person:
        if self.socket.connected:
            await self.socket.disconnect()
        return await super().connect()

    async def lose(self) -> None:
        self.socket.eio.ws._conn.transport.abort()
        await self.socket.wait()


def tokens(server: RunningServer, meeting: str) -> dict[str, str]:
    everybody = {who: server.token(who, meeting=meeting) for who in PEOPLE}
    host = server.token(HOST, meeting=meeting, role="host", grants={"room_create": True, "room_join": True})
    return everybody | {HOST: host}


async def played(server: RunningServer, meeting: str, make: type[PythonSocketIo | PlainClient]) -> Transcript:
    credentials = tokens(server, meeting)

    def client(who: str) -> Client:
        return make(server.url, credentials[who])

    return await Player(client, PEOPLE).play(script(meeting))


def played_by_npm(server: RunningServer, meeting: str) -> Transcript:
    task = {"url": server.url, "tokens": tokens(server, meeting), "steps": script(meeting)}
    run = subprocess.run(
        ["node", str(JS_PLAYER)], input=json.dumps(task), capture_output=True, text=True, timeout=100, check=False
    )
    assert run.returncode == 0, run.stderr + server.log()[-2000:]
    transcript: Transcript = json.loads(run.stdout)
    return transcript


async def test_a_meeting_of_twenty_is_the_same_to_every_client(server: RunningServer) -> None:
    plain = comparable(await played(server, "plain", PlainClient))
    python = comparable(await played(server, "python", PythonSocketIo))
    npm = comparable(played_by_npm(server, "npm"))
    assert python == plain
    assert npm == plain

    outcomes = Counter("ok" if answer["ok"] else answer["error"]["code"] for _, _, answer in plain["answers"])
    assert outcomes.keys() == {"ok", "ACCESS_DENIED", "CONFLICT", "NOT_FOUND", "VALIDATION"}
    assert outcomes["ok"] > 50
    heard = Counter(event for told in plain["heard"].values() for event, _ in told)
    assert heard["participant:joined"] == sum(range(18)) + 16, (
        "17 to the first, none to the last; 16 hear of the latecomer"
    )
    assert {"chat:message", "chat:edited", "chat:deleted", "poll:created", "poll:closed", "hand:raised"} <= heard.keys()
    assert {"lobby:asked", "lobby:admitted", "lobby:denied", "unmute:requested", "room:closed"} <= heard.keys()


async def test_who_is_not_let_in_is_told_why(server: RunningServer) -> None:
    with pytest.raises(RefusedError) as refused:
        await PlainClient(server.url, "no token").connect()
    assert refused.value.data["code"] == "UNAUTHORIZED"

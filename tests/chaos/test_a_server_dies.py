"""The whole server is killed while people report to it and talk. What it said it has, it has, once; and what it has,
was sent.

`FOLKMOOT_SERVER_KILLS=20` makes it twenty deaths.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest

from tests.bench.wire import Wire
from tests.support.server import RunningServer

KILLS = int(os.environ.get("FOLKMOOT_SERVER_KILLS", "2"))
REPORTERS = 6
TALKERS = 3
PAUSE_S = 0.02
BATCH = 5
LIFE_S = 1.5


class Reporter:
    """Reports batches to a meeting of its own, and remembers which events it sent and which were acknowledged.

    A batch without an answer is sent again under the same ids, as the web client does.
    """

    def __init__(self, server: RunningServer, number: int) -> None:
        self._server = server
        self.meeting_id = f"reported-{number}"
        self.intended: set[str] = set()
        self.acknowledged: set[str] = set()
        self._batch: list[dict[str, Any]] = []

    async def report_until_it_dies(self) -> None:
        headers = {"Authorization": f"Bearer {self._server.operator_token()}"}
        async with aiohttp.ClientSession(self._server.url, headers=headers) as session:
            while True:
                self._batch = self._batch or [self._event() for _ in range(BATCH)]
                ids = {event["event_id"] for event in self._batch}
                self.intended |= ids
                try:
                    async with session.post("/api/meetings/events", json={"events": self._batch}) as answer:
                        verdicts = await answer.json()
                except (aiohttp.ClientError, ConnectionError):
                    return
                assert (answer.status, verdicts["rejected"]) == (200, [])
                assert verdicts["accepted"] + verdicts["duplicates"] == BATCH
                self.acknowledged |= ids
                self._batch = []
                await asyncio.sleep(PAUSE_S)

    def _event(self) -> dict[str, Any]:
        kind = ("meeting.created", {"title": "Told", "creator_id": "ann"}) if not self.intended else ("audio.muted", {})
        return {
            "event_id": str(uuid.uuid4()),
            "type": kind[0],
            "meeting_id": self.meeting_id,
            "participant_id": "p1",
            "timestamp": "2026-11-20T22:00:00Z",
            "payload": kind[1],
        }


class Talker:
    """Somebody in a meeting of their own, who comes back to it after each death and says again what was not answered.

    By its mark the server knows a message that it has already: that makes each of them one.
    """

    def __init__(self, server: RunningServer, number: int) -> None:
        self._server = server
        self._name = f"talker{number}"
        self.meeting_id = f"talked-{number}"
        self.said = 0
        self.acknowledged: list[str] = []
        self.joins: list[str] = []
        self._unanswered = False
        self._resume: dict[str, str] = {}

    async def talk_until_it_dies(self) -> None:
        with suppress(ConnectionError, aiohttp.ClientError):
            async with aiohttp.ClientSession() as http:
                token = self._server.token(self._name, meeting=self.meeting_id, grants={"room_create": True})
                wire = await Wire(http, self._server.url, token).open()
                try:
                    await self._join(wire)
                    while True:
                        await self.say(wire)
                        await asyncio.sleep(PAUSE_S)
                finally:
                    await wire.close()

    async def _join(self, wire: Wire) -> None:
        joined = await wire.ask("room:join", meeting_id=self.meeting_id, **self._resume)
        assert joined["ok"], joined
        self.joins.append(joined["data"]["participant_id"])
        self._resume = {"resume_token": joined["data"]["resume_token"]}

    async def say(self, wire: Wire) -> None:
        """The next message, or the last one again."""
        self.said += not self._unanswered
        self._unanswered = True
        told = await wire.ask("chat:send", text=f"message {self.said}", nonce=f"{self._name}-{self.said}")
        assert told["ok"], told
        self.acknowledged.append(told["data"]["message_id"])
        self._unanswered = False

    def check(self, found: list[dict[str, Any]]) -> None:
        """That each message is there once, the last one perhaps not, and all that it joined as."""
        messages = [event["payload"]["message_id"] for event in found if event["type"] == "chat.message_sent"]
        assert set(self.acknowledged) <= set(messages)
        assert len(messages) == len(set(messages))
        assert len(self.acknowledged) <= len(messages) <= self.said
        came = {event["participant_id"] for event in found if event["type"] == "participant.joined"}
        assert set(self.joins) <= came


def stored(server: RunningServer, meeting_id: str) -> list[dict[str, Any]]:
    """All pages of the meeting, whose numbers have no gap and whose events are there once."""
    found: list[dict[str, Any]] = []
    while page := server.events(meeting_id, after=found[-1]["sequence"] if found else 0):
        found += page
    assert [event["sequence"] for event in found] == list(range(1, len(found) + 1))
    assert len({event["event_id"] for event in found}) == len(found)
    return found


@pytest.mark.slow
@pytest.mark.timeout(60 + 20 * KILLS)
async def test_kill_9_of_the_server_loses_and_doubles_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    seed = int(os.environ.get("FOLKMOOT_SEED", uuid.uuid4().int % 1_000_000))
    print("seed", seed)
    rng = Random(seed)
    server = RunningServer(tmp_path)
    reporters = [Reporter(server, number) for number in range(REPORTERS)]
    talkers = [Talker(server, number) for number in range(TALKERS)]
    for _ in range(KILLS):
        await asyncio.to_thread(server.start)
        busy = asyncio.gather(
            *(reporter.report_until_it_dies() for reporter in reporters),
            *(talker.talk_until_it_dies() for talker in talkers),
        )
        await asyncio.sleep(rng.uniform(0.3, LIFE_S))
        server.kill()
        await busy
    await asyncio.to_thread(server.start)
    try:
        for reporter in reporters:
            ids = {event["event_id"] for event in await asyncio.to_thread(stored, server, reporter.meeting_id)}
            assert reporter.acknowledged <= ids <= reporter.intended
            assert reporter.acknowledged
        for talker in talkers:
            talker.check(await asyncio.to_thread(stored, server, talker.meeting_id))
            assert talker.acknowledged
        reports = sum(len(reporter.acknowledged) for reporter in reporters)
        messages = sum(len(talker.acknowledged) for talker in talkers)
        print(reports, "reports and", messages, "messages acknowledged in", KILLS, "lives")
    finally:
        server.stop()

"""The whole server is killed while people report to it. What it said it has, it has, once; and what it has, was sent.

`FOLKMOOT_SERVER_KILLS=20` makes it twenty deaths.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest

from tests.support.server import RunningServer

KILLS = int(os.environ.get("FOLKMOOT_SERVER_KILLS", "2"))
REPORTERS = 6
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

    def stored(self) -> list[dict[str, Any]]:
        """All pages of the meeting."""
        found: list[dict[str, Any]] = []
        while page := self._server.events(self.meeting_id, after=found[-1]["sequence"] if found else 0):
            found += page
        return found


@pytest.mark.slow
@pytest.mark.timeout(60 + 20 * KILLS)
async def test_kill_9_of_the_server_loses_and_doubles_no_report(tmp_path: Path) -> None:
    seed = int(os.environ.get("FOLKMOOT_SEED", uuid.uuid4().int % 1_000_000))
    print("seed", seed)
    rng = Random(seed)
    server = RunningServer(tmp_path)
    reporters = [Reporter(server, number) for number in range(REPORTERS)]
    for _ in range(KILLS):
        await asyncio.to_thread(server.start)
        reporting = asyncio.gather(*(reporter.report_until_it_dies() for reporter in reporters))
        await asyncio.sleep(rng.uniform(0.3, LIFE_S))
        server.kill()
        await reporting
    await asyncio.to_thread(server.start)
    try:
        for reporter in reporters:
            found = await asyncio.to_thread(reporter.stored)
            ids = [event["event_id"] for event in found]
            assert reporter.acknowledged <= set(ids) <= reporter.intended
            assert len(set(ids)) == len(ids)
            assert [event["sequence"] for event in found] == list(range(1, len(found) + 1))
        acknowledged = sum(len(reporter.acknowledged) for reporter in reporters)
        assert acknowledged > 0
        print(acknowledged, "acknowledged in", KILLS, "lives")
    finally:
        server.stop()

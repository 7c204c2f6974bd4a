"""One meeting that loses its worker again and again, and one beside it that must not notice."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiortc.rtcdtlstransport import RTCCertificate

from tests.support.eventually import eventually
from tests.support.light import LightParticipant, all_see_each_other
from tests.support.server import RunningServer

MEETING = "lively"
OTHER = "beside"
WITHIN_S = 30.0

Hurt = Callable[[RunningServer, str], None]


@dataclass(frozen=True)
class Outage:
    """Seconds from the blow until each participant received a picture of each other one again."""

    back_after_s: list[float]
    other_room_gap_ms: int


@asynccontextmanager
async def a_lively_meeting(server: RunningServer, people: int) -> AsyncIterator[list[LightParticipant]]:
    certificate = RTCCertificate.generateCertificate()
    joined: list[LightParticipant] = []
    try:
        for number in range(people):
            person = LightParticipant(server.url, _token(server, f"person-{number}", MEETING), certificate)
            await person.join(MEETING)
            joined.append(person)
        await eventually(lambda: all_see_each_other(joined), "everybody sees everybody", within_s=WITHIN_S)
        yield joined
    finally:
        for person in joined:
            await person.leave()


async def outage(server: RunningServer, people: list[LightParticipant], hurt: Hurt) -> Outage:
    """Hurt the worker of the meeting once, and wait until all is well again."""
    deaths = people[0].resets + 1
    async with _onlookers(server) as onlookers:
        # By the clock of the machine, which the kernel stamps packets with.
        struck_at = time.time()
        hurt(server, MEETING)
        await eventually(
            lambda: all_see_each_other(people, resets=deaths), "everybody sees everybody again", within_s=WITHIN_S
        )
        onlookers.stdin.close()
        gap = json.loads(await onlookers.stdout.readline())["longest_gap_ms"]
    return Outage([person.last_first_frame_at() - struck_at for person in people], gap)


@asynccontextmanager
async def _onlookers(server: RunningServer) -> AsyncIterator[Any]:
    tokens = [_token(server, f"onlooker-{number}", OTHER) for number in range(2)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.chaos.onlooker",
        server.url,
        OTHER,
        *tokens,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        said = await process.stdout.readline()
        assert said, "the onlookers did not see each other"
        yield process
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _token(server: RunningServer, identity: str, meeting_id: str) -> str:
    return server.token(identity, meeting=meeting_id, grants={"room_create": True, "room_join": True})

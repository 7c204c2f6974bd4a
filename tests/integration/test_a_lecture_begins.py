"""A thousand people of one address connect at the same moment, and nobody is turned away."""

from __future__ import annotations

import asyncio
import resource
import subprocess
from collections import Counter

import aiohttp
import pytest

from tests.bench.wire import TurnedAwayError, Wire
from tests.support.server import RunningServer, running_server

PEOPLE = 1000
USUAL_LIMIT = 1024
"""Descriptors that many systems give a process which does not ask for more."""


@pytest.fixture
def usual_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is started as a shell of such a system would."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4 * PEOPLE:
        pytest.skip("this machine allows no process so many connections")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    start = subprocess.Popen

    def limited(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        return start(["prlimit", f"--nofile={USUAL_LIMIT}:{hard}", *command], **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr("tests.support.server.subprocess.Popen", limited)


async def connect(server: RunningServer, http: aiohttp.ClientSession, name: str, outcomes: Counter[str]) -> Wire | None:
    try:
        wire = await Wire(http, server.url, server.token(name)).open()
    except TurnedAwayError as error:
        outcomes[error.code] += 1
        return None
    outcomes["connected"] += 1
    return wire


@pytest.mark.slow
@pytest.mark.usefixtures("usual_system")
async def test_a_thousand_connect_at_once() -> None:
    outcomes: Counter[str] = Counter()
    with running_server() as server:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as http:
            arriving = (connect(server, http, f"guest{n}", outcomes) for n in range(PEOPLE))
            wires = await asyncio.gather(*arriving)
            assert outcomes == {"connected": PEOPLE}
            for wire in wires:
                if wire is not None:
                    await wire.close()

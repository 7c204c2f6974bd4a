"""Finding the worker that carries a meeting, and hurting it."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from tests.support.eventually import eventually
from tests.support.server import RunningServer


def home_of(server: RunningServer, meeting_id: str) -> int:
    """The index of the worker that carries it."""
    status, room = server.request("GET", f"/api/rooms/{meeting_id}", token=server.operator_token())
    assert status == 200, room
    return int(room["worker"])


def workers(server: RunningServer) -> list[dict[str, Any]]:
    """As an operator sees them, by index."""
    found: list[dict[str, Any]] = server.request("GET", "/api/workers", token=server.operator_token())[1]["workers"]
    return found


def pid_of_worker(server: RunningServer, meeting_id: str) -> int:
    return int(workers(server)[home_of(server, meeting_id)]["pid"])


def kill(server: RunningServer, meeting_id: str) -> None:
    os.kill(pid_of_worker(server, meeting_id), signal.SIGKILL)


def hang(server: RunningServer, meeting_id: str) -> None:
    os.kill(pid_of_worker(server, meeting_id), signal.SIGSTOP)


async def crash_loop(server: RunningServer, index: int, deaths: int) -> list[float]:
    """Kill a worker and every process that takes its place, as soon as it is listed, until so many are dead.

    Answers how many seconds after each death the server began to start the next.
    """
    waited: list[float] = []

    async def listed() -> bool:
        return workers(server)[index]["pid"] is not None

    for _ in range(deaths):
        await eventually(listed, f"worker {index} runs")
        worker = workers(server)[index]
        os.kill(worker["pid"], signal.SIGKILL)
        killed_at = time.monotonic()

        async def replaced(restarts: int = worker["restarts"]) -> bool:
            return workers(server)[index]["restarts"] > restarts

        await eventually(replaced, f"another process is started as worker {index}")
        waited.append(time.monotonic() - killed_at)
    return waited

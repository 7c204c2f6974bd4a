"""Finding the worker that carries a meeting, and hurting it."""

from __future__ import annotations

import os
import signal

from tests.support.server import RunningServer


def pid_of_worker(server: RunningServer, meeting_id: str) -> int:
    status, room = server.request("GET", f"/api/rooms/{meeting_id}", token=server.operator_token())
    assert status == 200, room
    workers = server.request("GET", "/api/workers", token=server.operator_token())[1]["workers"]
    return int(workers[room["worker"]]["pid"])


def kill(server: RunningServer, meeting_id: str) -> None:
    os.kill(pid_of_worker(server, meeting_id), signal.SIGKILL)


def hang(server: RunningServer, meeting_id: str) -> None:
    os.kill(pid_of_worker(server, meeting_id), signal.SIGSTOP)

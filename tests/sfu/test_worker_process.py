"""Starting a worker: the socket nobody else can reach, and what happens when it does not come up."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from config.rtc import RtcSettings
from sfu import fleet as fleet_module
from sfu import worker_process
from sfu.backoff import Pauses
from sfu.fleet import Fleet
from sfu.supervision import Timing
from sfu.worker_process import WorkerProcess, WorkerStartError, end_process, start_worker
from tests.support.eventually import eventually

LOCAL = {"listen_ip": "127.0.0.1", "announced_ip": None, "udp_port": 0}


def test_the_socket_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "link"
    with worker_process._listening(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_connection_of_this_user_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "link"
    with worker_process._listening(path) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        _reader, writer = await worker_process._accept(listener)
        writer.close()
        await writer.wait_closed()


async def test_a_connection_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "link"
    with worker_process._listening(path) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        somebody_else = os.getuid() + 1
        monkeypatch.setattr(os, "getuid", lambda: somebody_else)
        with pytest.raises(PermissionError):
            await worker_process._accept(listener)


async def test_a_worker_that_exits_at_once_is_a_failed_start_with_its_code() -> None:
    with pytest.raises(WorkerStartError, match="exited with code"):
        await start_worker(0, on_event=lambda _event: None, **(LOCAL | {"listen_ip": "not an address"}))  # type: ignore[arg-type]


async def test_a_worker_that_says_nothing_is_ended_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "READY_TIMEOUT_S", 0.05)
    with pytest.raises(WorkerStartError, match="not ready in time"):
        await start_worker(0, on_event=lambda _event: None, **LOCAL)  # type: ignore[arg-type]


async def test_a_process_that_ignores_being_asked_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "STOP_TIMEOUT_S", 0.1)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", deaf, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    await process.stdout.readline()
    await end_process(process)
    assert process.returncode == -9


async def test_a_dead_worker_is_replaced_at_once_and_a_crash_loop_with_growing_pauses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[float] = []
    clock = asyncio.get_running_loop().time

    async def fail_three_times(*arguments: Any, **options: Any) -> WorkerProcess:
        tries.append(clock())
        if 1 < len(tries) < 5:
            raise WorkerStartError("not yet")
        return await start_worker(*arguments, **options)

    monkeypatch.setattr(fleet_module, "start_worker", fail_three_times)
    rtc = RtcSettings(listen_ip="127.0.0.1", udp_port=0, workers=1)
    fleet = Fleet(rtc, Timing(pauses=Pauses(first_s=0.1)))
    await fleet.start()
    try:
        died_at = clock()
        fleet._slots[0].process.kill()  # type: ignore[union-attr]

        async def replaced() -> bool:
            return len(tries) == 5 and await fleet.ready() is None

        await eventually(replaced, "a worker after three failed starts")
        pauses = [later - earlier for earlier, later in itertools.pairwise(tries[1:])]
        assert tries[1] - died_at < 0.5
        assert pauses[0] >= 0.1
        assert pauses[1] >= 0.2
        assert pauses[2] >= 0.4
        assert fleet.workers()[0]["restarts"] == 4
    finally:
        await fleet.stop()

"""The fleet with real worker processes: where rooms go, what a death costs, what is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from config.rtc import RtcSettings
from sfu.commands import CreateTransport, MediaError, OpenRoom
from sfu.events import WorkerDied, WorkerEvent, WorkerLoad
from sfu.fleet import ROWS, Fleet
from sfu.supervision import SILENCE_LIMIT_S
from sfu.worker_process import WorkerStartError
from tests.support.eventually import eventually

RTC = RtcSettings(listen_ip="127.0.0.1", udp_port=0, workers=2)


class Watched:
    """A started fleet and everything it told."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.events: asyncio.Queue[WorkerEvent] = asyncio.Queue()
        fleet.subscribe(self.events.put_nowait)

    async def next(self, kind: type[WorkerEvent]) -> Any:
        async with asyncio.timeout(15):
            while not isinstance(event := await self.events.get(), kind):
                pass
        return event

    def pid_of(self, room_id: str) -> int:
        slot = self.fleet._routing.home(room_id)
        assert slot is not None
        assert slot.process is not None
        return slot.process.pid


@pytest.fixture
async def watched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Watched]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fleet = Fleet(RTC)
    watched = Watched(fleet)
    await fleet.start()
    yield watched
    await fleet.stop()


async def test_every_worker_is_a_process_with_a_port_of_its_own(watched: Watched) -> None:
    workers = watched.fleet.workers()
    assert [worker["state"] for worker in workers] == ["running", "running"]
    assert len({worker["udp_port"] for worker in workers}) == len({worker["pid"] for worker in workers}) == 2
    assert await watched.fleet.ready() is None


async def test_rooms_go_to_the_least_loaded_worker_and_stay_there(watched: Watched) -> None:
    for name in ("a", "b", "c", "d"):
        await watched.fleet.open_room(name)
    pids = [watched.pid_of(name) for name in ("a", "b", "c", "d")]
    assert sorted(pids.count(pid) for pid in set(pids)) == [2, 2]
    await watched.fleet.open_room("a")
    assert watched.pid_of("a") == pids[0]


async def test_a_busy_worker_gets_no_new_room(watched: Watched) -> None:
    await watched.next(WorkerLoad)
    busy = watched.fleet._slots[0]
    busy.load = WorkerLoad(0.9, 0.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {})
    watched.fleet._slots[1].load = WorkerLoad(0.0, 0.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {})
    await watched.fleet.open_room("a")
    assert watched.pid_of("a") != (busy.process.pid if busy.process else None)


async def test_a_closed_room_is_forgotten(watched: Watched) -> None:
    await watched.fleet.open_room("a")
    await watched.fleet.close_room("a")
    await watched.fleet.close_room("a")
    with pytest.raises(MediaError) as refusal:
        await watched.fleet.ask(OpenRoom("a"))
    assert refusal.value.code == "NOT_FOUND"


async def test_a_transport_tells_browsers_where_to_send(watched: Watched) -> None:
    await watched.fleet.open_room("a")
    created = await watched.fleet.ask(CreateTransport("a", "t", "send"))
    candidate = created.ice_candidates[0]
    assert (candidate["ip"], candidate["address"], candidate["protocol"]) == ("127.0.0.1", "127.0.0.1", "udp")
    assert candidate["port"] in {worker["udp_port"] for worker in watched.fleet.workers()}
    assert [f["algorithm"] for f in created.dtls_parameters["fingerprints"]] == ["sha-256", "sha-384", "sha-512"]
    assert created.ice_parameters["iceLite"] is True


async def test_statistics_name_the_rooms_transports(watched: Watched) -> None:
    empty = {kind: [] for kind in ROWS}
    assert await watched.fleet.statistics("a") == empty
    await watched.fleet.open_room("a")
    await watched.fleet.ask(CreateTransport("a", "t", "send"))
    (transport,) = (await watched.fleet.statistics("a"))["transports"]
    assert (transport["id"], transport["direction"], transport["state"]) == ("t", "send", "new")


async def test_a_killed_worker_is_told_and_replaced_and_the_other_goes_on(watched: Watched) -> None:
    await watched.fleet.open_room("a")
    await watched.fleet.open_room("b")
    victim, survivor = watched.pid_of("a"), watched.pid_of("b")
    os.kill(victim, signal.SIGKILL)
    died = await watched.next(WorkerDied)
    assert (died.room_ids, died.exit_code) == (["a"], -signal.SIGKILL)
    with pytest.raises(MediaError):
        await watched.fleet.ask(OpenRoom("a"))
    await watched.fleet.ask(OpenRoom("b"))

    async def both_run() -> bool:
        return await watched.fleet.ready() is None

    await eventually(both_run, "a new worker in the place of the dead one")
    pids = {worker["pid"] for worker in watched.fleet.workers()}
    assert survivor in pids
    assert victim not in pids
    assert [worker["restarts"] for worker in watched.fleet.workers()].count(1) == 1
    await watched.fleet.open_room("a")


async def test_a_hanging_worker_is_killed_after_three_seconds(watched: Watched) -> None:
    await watched.fleet.open_room("a")
    stopped_at = time.monotonic()
    os.kill(watched.pid_of("a"), signal.SIGSTOP)
    died = await watched.next(WorkerDied)
    assert (died.room_ids, died.reason, died.exit_code) == (["a"], "hung", -signal.SIGKILL)
    assert SILENCE_LIMIT_S <= died.silent_s < SILENCE_LIMIT_S + 0.5
    assert time.monotonic() - stopped_at < SILENCE_LIMIT_S + 0.5


async def test_a_room_that_is_being_opened_when_its_worker_hangs_is_opened_on_another(watched: Watched) -> None:
    hanging = watched.fleet.workers()[0]["pid"]
    os.kill(hanging, signal.SIGSTOP)
    await watched.fleet.open_room("a")
    assert watched.pid_of("a") == watched.fleet.workers()[1]["pid"]
    assert (await watched.next(WorkerDied)).room_ids == [], "it was not open yet: nobody lost anything"


async def test_a_room_opened_while_no_worker_runs_waits_for_the_next(watched: Watched) -> None:
    for worker in watched.fleet.workers():
        os.kill(worker["pid"], signal.SIGKILL)
    for _ in range(2):
        await watched.next(WorkerDied)
    assert await watched.fleet.ready() == "worker 0, 1 not running"
    await watched.fleet.open_room("a")
    await watched.fleet.ask(CreateTransport("a", "t", "send"))


async def test_a_room_that_cost_three_workers_is_refused_and_others_are_not(watched: Watched) -> None:
    for _ in range(3):
        await watched.fleet.open_room("poison")
        os.kill(watched.pid_of("poison"), signal.SIGKILL)
        assert (await watched.next(WorkerDied)).room_ids == ["poison"]
    with pytest.raises(MediaError) as refusal:
        await watched.fleet.open_room("poison")
    assert refusal.value.code == "UNAVAILABLE"
    await watched.fleet.open_room("wholesome")


async def test_rooms_that_lost_a_worker_together_come_back_apart(watched: Watched) -> None:
    for name in ("a", "b", "c"):
        await watched.fleet.open_room(name)
    assert watched.pid_of("a") == watched.pid_of("c")
    os.kill(watched.pid_of("a"), signal.SIGKILL)
    assert (await watched.next(WorkerDied)).room_ids == ["a", "c"]

    async def both_run() -> bool:
        return await watched.fleet.ready() is None

    await eventually(both_run, "a new worker in the place of the dead one")
    await watched.fleet.open_room("a")
    await watched.fleet.open_room("c")
    assert watched.pid_of("a") != watched.pid_of("c"), "one of them may have been the cause"


async def test_a_stopped_fleet_leaves_no_process_and_no_socket(watched: Watched, tmp_path: Path) -> None:
    pids = [worker["pid"] for worker in watched.fleet.workers()]
    assert os.listdir(tmp_path) == []  # noqa: PTH208
    await watched.fleet.stop()
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    with pytest.raises(MediaError):
        await watched.fleet.open_room("a")


async def test_a_worker_knows_no_secret_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLKMOOT_AUTH__SECRET", "hush")
    monkeypatch.setenv("FOLKMOOT_DATABASE__URL", "postgresql://user:password@database/x")
    fleet = Fleet(RTC.model_copy(update={"workers": 1}))
    await fleet.start()
    try:
        environment = psutil.Process(fleet.workers()[0]["pid"]).environ()
    finally:
        await fleet.stop()
    assert not [name for name in environment if name.startswith("FOLKMOOT")]


async def test_a_worker_ends_with_its_server(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server dies without a word: its end of the socket closes, and nobody is there to kill the worker."""
    monkeypatch.setattr("sfu.worker_process.LINKLESS_S", 10.0)
    process = watched.fleet._slots[0].process
    assert process is not None
    pid = process.pid
    process._link._link._writer.transport.abort()
    died = await watched.next(WorkerDied)
    assert died.exit_code == 0
    assert not psutil.pid_exists(pid)


async def test_a_port_that_is_taken_refuses_the_start_and_leaves_nothing_behind(watched: Watched) -> None:
    taken = watched.fleet.workers()[1]["udp_port"]
    with pytest.raises(WorkerStartError):
        await Fleet(RTC.model_copy(update={"udp_port": taken, "workers": 1})).start()

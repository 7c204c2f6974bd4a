"""All media workers of this node: starts them, replaces the dead, pins each room to one."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from config.settings import RtcSettings
from sfu.commands import CloseRoom, Command, GetStatistics, MediaError, OpenRoom, Ortc
from sfu.events import WorkerDied, WorkerEvent, WorkerLoad
from sfu.ortc import ROUTER_RTP_CAPABILITIES, to_plain
from sfu.ports import EventSink, R
from sfu.worker_process import WorkerProcess, WorkerStartError, start_worker

FIRST_BACKOFF_S = 0.2
LONGEST_BACKOFF_S = 10.0
STEADY_AFTER_S = 30.0
"""A worker that lived this long starts the back-off anew."""
SILENCE_LIMIT_S = 5.0
"""A worker tells its load every second; one silent for this long hangs, and is killed."""
ROOM_WEIGHT = 0.02
"""What a room counts as share of a core, until its media shows in the load."""

log = structlog.get_logger()


class Slot:
    """The place of one worker in the fleet; the processes in it come and go."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.process: WorkerProcess | None = None
        self.load: WorkerLoad | None = None
        self.rooms: set[str] = set()
        self.heard_at = 0.0
        self.restarts = 0

    @property
    def score(self) -> float:
        return (self.load.cpu if self.load else 0.0) + ROOM_WEIGHT * len(self.rooms)


class Fleet:
    """Implements `ports.Rooms`. `start()` returns once every worker is ready, `stop()` once none is left."""

    def __init__(self, rtc: RtcSettings) -> None:
        self._rtc = rtc
        self._slots = [Slot(index) for index in range(rtc.worker_count)]
        self._pinned: dict[str, Slot] = {}
        self._sinks: list[EventSink] = []
        self._supervisors: list[asyncio.Task[None]] = []
        self._capabilities = to_plain(ROUTER_RTP_CAPABILITIES)

    @property
    def router_rtp_capabilities(self) -> Ortc:
        return self._capabilities

    async def start(self) -> None:
        """Raises WorkerStartError when a worker does not come up; the others are stopped again."""
        starts = await asyncio.gather(*(self._launch(slot) for slot in self._slots), return_exceptions=True)
        failures = [result for result in starts if isinstance(result, BaseException)]
        self._supervisors = [
            asyncio.create_task(self._supervise(slot), name=f"worker-{slot.index}")
            for slot in self._slots
            if slot.process is not None
        ]
        if failures:
            await self.stop()
            raise failures[0]

    async def stop(self) -> None:
        """Idempotent."""
        for supervisor in self._supervisors:
            supervisor.cancel()
        await asyncio.gather(*self._supervisors, return_exceptions=True)
        self._supervisors.clear()
        await asyncio.gather(*(slot.process.stop() for slot in self._slots if slot.process is not None))
        for slot in self._slots:
            slot.process = None
            slot.rooms.clear()
        self._pinned.clear()

    def subscribe(self, sink: EventSink) -> None:
        self._sinks.append(sink)

    async def ready(self) -> str | None:
        """None when every worker runs, else which do not."""
        missing = [str(slot.index) for slot in self._slots if slot.process is None]
        return f"worker {', '.join(missing)} not running" if missing else None

    def workers(self) -> list[dict[str, Any]]:
        """One entry per worker, in order of index; `load` has the fields of WorkerLoad, None before the first."""
        return [
            {
                "index": slot.index,
                "pid": slot.process.pid if slot.process else None,
                "udp_port": slot.process.udp_port if slot.process else None,
                "state": "running" if slot.process else "starting",
                "restarts": slot.restarts,
                "rooms": len(slot.rooms),
                "load": _load_fields(slot.load),
            }
            for slot in self._slots
        ]

    async def statistics(self, room_id: str) -> dict[str, list[dict[str, Any]]]:
        """The room's transports, producers and consumers; empty lists for a room without media. Raises MediaError."""
        empty: dict[str, list[dict[str, Any]]] = {"transports": [], "producers": [], "consumers": []}
        if room_id not in self._pinned:
            return empty
        answer = await self.ask(GetStatistics(room_id))
        return empty | answer.rooms.get(room_id, {})

    async def open_room(self, room_id: str) -> None:
        if room_id in self._pinned:
            return
        running = [slot for slot in self._slots if slot.process is not None]
        if not running:
            raise MediaError("UNAVAILABLE", "No media worker is running.")
        slot = min(running, key=lambda candidate: candidate.score)
        self._pin(room_id, slot)
        try:
            await self.ask(OpenRoom(room_id))
        except MediaError:
            self._unpin(room_id)
            raise

    async def close_room(self, room_id: str) -> None:
        if room_id not in self._pinned:
            return
        try:
            await self.ask(CloseRoom(room_id))
        except MediaError as error:
            log.warning("room_not_closed", room_id=room_id, code=error.code)
        finally:
            self._unpin(room_id)

    async def ask(self, command: Command[R]) -> R:
        slot = self._pinned.get(command.room_id)
        if slot is None:
            raise MediaError("NOT_FOUND", "The room is not open.")
        if slot.process is None:
            raise MediaError("UNAVAILABLE", "The media worker is gone.")
        return await slot.process.ask(command)

    def _pin(self, room_id: str, slot: Slot) -> None:
        self._pinned[room_id] = slot
        slot.rooms.add(room_id)

    def _unpin(self, room_id: str) -> None:
        slot = self._pinned.pop(room_id, None)
        if slot is not None:
            slot.rooms.discard(room_id)

    async def _launch(self, slot: Slot) -> None:
        port = self._rtc.udp_port
        process = await start_worker(
            slot.index,
            listen_ip=self._rtc.listen_ip,
            announced_ip=self._rtc.announced_ip,
            udp_port=port + slot.index if port else 0,
            on_event=lambda event: self._received(slot, event),
        )
        slot.heard_at = asyncio.get_running_loop().time()
        slot.load = None
        slot.process = process
        log.info("worker_started", index=slot.index, pid=process.pid, udp_port=process.udp_port)

    async def _supervise(self, slot: Slot) -> None:
        """Watches the process in the slot and puts a new one there when it dies, for as long as the fleet runs."""
        clock = asyncio.get_running_loop().time
        backoff = FIRST_BACKOFF_S
        while True:
            if slot.process is not None:
                started_at = clock()
                exit_code = await self._watch(slot, slot.process)
                self._lost(slot, exit_code)
                if clock() - started_at > STEADY_AFTER_S:
                    backoff = FIRST_BACKOFF_S
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, LONGEST_BACKOFF_S)
            slot.restarts += 1
            try:
                await self._launch(slot)
            except WorkerStartError as error:
                log.error("worker_not_started", index=slot.index, error=str(error))  # noqa: TRY400 - expected, retried

    async def _watch(self, slot: Slot, process: WorkerProcess) -> int | None:
        """Until the process is gone. Returns its exit code."""
        gone = asyncio.create_task(process.wait())
        try:
            while not gone.done():
                await asyncio.wait([gone], timeout=1.0)
                if asyncio.get_running_loop().time() - slot.heard_at > SILENCE_LIMIT_S:
                    log.error("worker_silent", index=slot.index, pid=process.pid)
                    process.kill()
            return gone.result()
        finally:
            gone.cancel()

    def _lost(self, slot: Slot, exit_code: int | None) -> None:
        slot.process = None
        slot.load = None
        rooms = sorted(slot.rooms)
        for room_id in rooms:
            self._unpin(room_id)
        log.error("worker_died", index=slot.index, exit_code=exit_code, rooms=len(rooms))
        self._tell(WorkerDied(room_ids=rooms, exit_code=exit_code))

    def _received(self, slot: Slot, event: WorkerEvent) -> None:
        slot.heard_at = asyncio.get_running_loop().time()
        if isinstance(event, WorkerLoad):
            slot.load = event
        self._tell(event)

    def _tell(self, event: WorkerEvent) -> None:
        for sink in self._sinks:
            _guarded(sink, event)


def _guarded(sink: EventSink, event: WorkerEvent) -> None:
    """A sink that fails must not cost the link the event came over."""
    try:
        sink(event)
    except Exception:
        log.exception("event_sink_failed", kind=type(event).__name__)


def _load_fields(load: WorkerLoad | None) -> dict[str, Any] | None:
    if load is None:
        return None
    return {name: getattr(load, name) for name in load.__struct_fields__}

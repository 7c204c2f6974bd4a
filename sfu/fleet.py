"""All media workers of this node: each room is pinned to one, and opened on another when that one dies."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from config.rtc import RtcSettings
from sfu.commands import CloseRoom, Command, GetStatistics, MediaError, OpenRoom, Ortc
from sfu.deaths import Deaths
from sfu.events import WorkerDied, WorkerEvent, WorkerLoad
from sfu.ortc import ROUTER_RTP_CAPABILITIES, to_plain
from sfu.placement import least_loaded
from sfu.ports import EventSink, R
from sfu.routing import Routing
from sfu.slot import Slot
from sfu.supervision import Death, Supervision, Timing
from sfu.worker_process import WorkerProcess, start_worker

PLACE_WAIT_S = 5.0
"""A room that is opened while no worker runs waits this long for one."""

log = structlog.get_logger()


class Fleet:
    """Implements `ports.Rooms`. `start()` returns once every worker is ready, `stop()` once none is left."""

    def __init__(self, rtc: RtcSettings, timing: Timing | None = None, deaths: Deaths | None = None) -> None:
        self._rtc = rtc
        self._slots = [Slot(index) for index in range(rtc.worker_count)]
        self._supervision = Supervision(self._slots, self._launch, self._lost, timing or Timing())
        self._routing = Routing()
        self._deaths = deaths or Deaths()
        self._sinks: list[EventSink] = []
        self._capabilities = to_plain(ROUTER_RTP_CAPABILITIES)

    @property
    def router_rtp_capabilities(self) -> Ortc:
        return self._capabilities

    async def start(self) -> None:
        """Raises WorkerStartError when a worker does not come up; the others are stopped again."""
        await self._supervision.start()

    async def stop(self) -> None:
        """Idempotent."""
        await self._supervision.stop()
        self._routing.clear()

    def subscribe(self, sink: EventSink) -> None:
        self._sinks.append(sink)

    async def ready(self) -> str | None:
        """None when every worker runs, else which do not."""
        missing = [str(slot.index) for slot in self._slots if not slot.running]
        return f"worker {', '.join(missing)} not running" if missing else None

    def workers(self) -> list[dict[str, Any]]:
        """One entry per worker, in order of index."""
        return [slot.snapshot() for slot in self._slots]

    def worker_of(self, room_id: str) -> int | None:
        """Index of the worker that carries the room, None while none does."""
        slot = self._routing.home(room_id)
        return slot.index if slot else None

    async def statistics(self, room_id: str) -> dict[str, list[dict[str, Any]]]:
        """The room's transports, producers and consumers; empty lists for a room without media. Raises MediaError."""
        empty: dict[str, list[dict[str, Any]]] = {"transports": [], "producers": [], "consumers": []}
        if room_id not in self._routing:
            return empty
        answer = await self.ask(GetStatistics(room_id))
        return empty | answer.rooms.get(room_id, {})

    async def open_room(self, room_id: str) -> None:
        """A worker that dies of it, or meanwhile, counts against the room, and the next one is tried."""
        deadline = _now() + PLACE_WAIT_S
        while room_id not in self._routing:
            slot = await self._place(room_id, deadline)
            self._routing.pin(room_id, slot)
            try:
                await self.ask(OpenRoom(room_id))
            except MediaError:
                self._routing.unpin(room_id)
                if slot.running or _now() > deadline:
                    raise
                self._deaths.note([room_id], _now())

    async def _place(self, room_id: str, deadline: float) -> Slot:
        """Raises MediaError UNAVAILABLE for a room that is parked, and when no worker runs in time."""
        if self._deaths.parked(room_id, _now()):
            raise MediaError("UNAVAILABLE", "This meeting's media keeps failing. Try again in a minute.")
        suspects = self._deaths.suspects(room_id, _now())
        while (slot := least_loaded(self._slots, apart_from=suspects)) is None:
            if not await self._supervision.next_start(deadline - _now()):
                raise MediaError("UNAVAILABLE", "No media worker is running.")
        return slot

    async def close_room(self, room_id: str) -> None:
        if room_id not in self._routing:
            return
        try:
            await self.ask(CloseRoom(room_id))
        except MediaError as error:
            log.warning("room_not_closed", room_id=room_id, code=error.code)
        finally:
            self._routing.unpin(room_id)

    async def ask(self, command: Command[R]) -> R:
        slot = self._routing.home(command.room_id)
        if slot is None:
            raise MediaError("NOT_FOUND", "The room is not open.")
        if slot.process is None:
            raise MediaError("UNAVAILABLE", "The media worker is gone.")
        return await slot.process.ask(command)

    async def _launch(self, slot: Slot) -> WorkerProcess:
        return await start_worker(
            slot.index,
            listen_ip=self._rtc.listen_ip,
            announced_ip=self._rtc.announced_ip,
            udp_port=self._rtc.udp_port_of(slot.index),
            tcp_port=self._rtc.tcp_port_of(slot.index),
            on_event=lambda event: self._received(slot, event),
        )

    def _lost(self, slot: Slot, death: Death) -> None:
        rooms = self._routing.lose(slot)
        self._deaths.note(rooms, _now())
        log.error(
            "worker_died",
            index=slot.index,
            reason=death.reason,
            exit_code=death.exit_code,
            lived_s=round(death.lived_s, 3),
            silent_s=round(death.silent_s, 3),
            rooms=len(rooms),
        )
        self._tell(
            WorkerDied(
                room_ids=rooms,
                exit_code=death.exit_code,
                worker=slot.index,
                reason=death.reason,
                lived_s=death.lived_s,
                silent_s=death.silent_s,
            )
        )

    def _received(self, slot: Slot, event: WorkerEvent) -> None:
        slot.heard_at = _now()
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


def _now() -> float:
    return asyncio.get_running_loop().time()

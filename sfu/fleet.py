"""All media workers of this node: each room has its home on one, spreads when it outgrows it, moves when one dies."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec
import structlog

from config.rtc import RtcSettings
from sfu.commands import Command, GetStatistics, MediaError, OpenRoom, Ortc
from sfu.deaths import Deaths
from sfu.events import (
    AudioLevels,
    DataConsumerClosed,
    DataLagging,
    DataPassedOn,
    DataProducerClosed,
    ProducerLayersWanted,
    WorkerDied,
    WorkerEvent,
    WorkerLoad,
)
from sfu.leftovers import Leftovers, close_on
from sfu.ortc import ROUTER_RTP_CAPABILITIES, to_plain
from sfu.pipes import Pipes
from sfu.placement import SpreadLimits, least_loaded
from sfu.ports import EventSink, R
from sfu.room_routes import RoomRoutes
from sfu.routing import Routing
from sfu.slot import Slot
from sfu.spread import Spread
from sfu.supervision import Death, Supervision, Timing
from sfu.worker_process import WorkerProcess, start_worker

PLACE_WAIT_S = 5.0
"""A room that is opened while no worker runs waits this long for one."""

TIDY_S = 1.0
ROWS = ("transports", "producers", "consumers", "pipe_consumers", "data_producers", "data_consumers")

log = structlog.get_logger()


class Fleet:
    """Implements `ports.Rooms`. `start()` returns once every worker is ready, `stop()` once none is left."""

    def __init__(self, rtc: RtcSettings, timing: Timing | None = None, deaths: Deaths | None = None) -> None:
        self._rtc = rtc
        self._slots = [Slot(index) for index in range(rtc.worker_count)]
        self._supervision = Supervision(self._slots, self._launch, self._lost, timing or Timing())
        self._routing = Routing()
        self._pipes = Pipes()
        limits = SpreadLimits(cpu=rtc.spread_cpu, transports=rtc.spread_transports)
        self._spread = Spread(self._slots, self._pipes, limits)
        self._leftovers = Leftovers()
        self._tidying: asyncio.Task[None] | None = None
        self._deaths = Deaths() if deaths is None else deaths
        self._sinks: list[EventSink] = []
        self._capabilities = to_plain(ROUTER_RTP_CAPABILITIES)

    @property
    def router_rtp_capabilities(self) -> Ortc:
        return self._capabilities

    async def start(self) -> None:
        """Raises WorkerStartError when a worker does not come up; the others are stopped again."""
        await self._supervision.start()
        self._spread.start()
        self._tidying = asyncio.create_task(self._tidy(), name="tidy")

    async def stop(self) -> None:
        """Idempotent."""
        if self._tidying is not None:
            self._tidying.cancel()
            await asyncio.wait([self._tidying])
            self._tidying = None
        await self._spread.stop()
        await self._supervision.stop()
        for room in self._routing:
            self._end(room)

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
        """Index of the worker that is the room's home, None while none is."""
        slot = self._routing.home(room_id)
        return slot.index if slot else None

    async def statistics(self, room_id: str) -> dict[str, list[dict[str, Any]]]:
        """The rows of `worker/statistics.py` from every worker the room is on, each with the index of its `worker`.

        Empty lists for a room without media. Raises MediaError.
        """
        rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in ROWS}
        room = self._routing.room(room_id)
        for slot in list(room.slots) if room else ():
            if slot.process is None:
                raise MediaError("UNAVAILABLE", "A media worker is gone.")
            answer = await slot.process.ask(GetStatistics(room_id))
            for kind, measured in answer.rooms.get(room_id, {}).items():
                rows[kind] += [{**row, "worker": slot.index} for row in measured]
        return rows

    async def open_room(self, room_id: str) -> None:
        """A worker that dies of it, or meanwhile, counts against the room, and the next one is tried."""
        deadline = _now() + PLACE_WAIT_S
        while room_id not in self._routing:
            slot = await self._place(room_id, deadline)
            await self._leftovers.clear(room_id)
            room = self._routing.pin(room_id, slot)
            try:
                await self.ask(OpenRoom(room_id))
            except MediaError:
                self._end(room)
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
        room = self._routing.room(room_id)
        if room is None:
            return
        holders = [slot.process for slot in room.slots if slot.process is not None]
        self._spread.end(room)
        try:
            await close_on(holders, room_id)
        finally:
            self._end(room)

    async def ask(self, command: Command[R]) -> R:
        room = self._routing.room(command.room_id)
        if room is None:
            raise MediaError("NOT_FOUND", "The room is not open.")
        return await self._spread.ask(room, command)

    def _end(self, room: RoomRoutes) -> None:
        self._spread.end(room)
        if self._routing.room(room.id) is room:
            self._routing.unpin(room.id)

    async def _tidy(self) -> None:
        """Closes what is left of rooms that lost a worker, and takes back what is no longer consumed elsewhere."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TIDY_S):
                    await self._leftovers.wait()
            await self._leftovers.clear_all()
            await self._spread.sweep(_now())

    async def _launch(self, slot: Slot) -> WorkerProcess:
        return await start_worker(
            slot.index,
            listen_ip=self._rtc.listen_ip,
            announced_ip=self._rtc.announced_ip,
            udp_port=self._rtc.udp_port_of(slot.index),
            tcp_port=self._rtc.tcp_port_of(slot.index),
            initial_bitrate=self._rtc.initial_bitrate,
            minimum_bitrate=self._rtc.minimum_bitrate,
            on_event=lambda event: self._received(slot, event),
        )

    def _lost(self, slot: Slot, death: Death) -> None:
        rooms = self._lose_rooms(slot)
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

    def _lose_rooms(self, slot: Slot) -> list[str]:
        """A room that lost a part of itself begins anew as a whole: its other workers are to close what they hold."""
        self._pipes.lose(slot)
        lost = self._routing.lose(slot)
        for room in lost:
            rest = [other.process for other in room.slots if other.process is not None]
            self._spread.end(room)
            if rest:
                self._leftovers.add(room.id, rest)
        return [room.id for room in lost]

    def _received(self, slot: Slot, event: WorkerEvent) -> None:
        slot.heard_at = _now()
        if isinstance(event, WorkerLoad):
            slot.load = event
        if isinstance(event, ProducerLayersWanted):
            room = self._routing.room(event.room_id)
            if room is not None and self._spread.heard(room, slot, event):
                return
        if isinstance(event, DataPassedOn):
            self._spread.data.passed_on(self._routing.room(event.room_id), slot, event)
            return
        if isinstance(event, DataLagging):
            self._spread.data.lagging(self._routing.room(event.room_id), slot, event)
            return
        if isinstance(event, AudioLevels):
            event = msgspec.structs.replace(event, worker=slot.index)
        if isinstance(event, DataProducerClosed | DataConsumerClosed):
            self._data_closed(event)
        self._tell(event)

    def _data_closed(self, event: DataProducerClosed | DataConsumerClosed) -> None:
        room = self._routing.room(event.room_id)
        if room is not None:
            closed = event.data_producer_id if isinstance(event, DataProducerClosed) else event.data_consumer_id
            route = room.drop_data(closed)
            if route is not None:
                self._spread.data.dropped(room, [route.source or route])

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

"""Rooms whose worker died: their media is gone, the people stay, and another worker takes the room.

The order is that of every end (`closing.py`): out of the tables, in one step; recorded; told (`media:reset`). Then the
room is opened on another worker, and what clients ask meanwhile waits (`lookup.media_restored`). A room that no worker
takes is closed with the reason `media_unavailable`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from persistence.events import RoomRecovered, WorkerDied
from sfu.commands import MediaError
from sfu.events import WorkerDied as WorkerDiedEvent
from sfu.ports import Rooms
from signaling.closing import Closing, removed
from signaling.counters import Counters
from signaling.data import DataEnds
from signaling.media import Producer
from signaling.messages import catalogue
from signaling.messages.media import MediaReset
from signaling.participant import Participant
from signaling.rooms import Room

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Loss:
    """What one death took from a room, and who was there to see it."""

    cause: WorkerDiedEvent
    at: float
    producers: list[Producer]
    data: DataEnds
    witnesses: list[Participant]


class Recovery:
    """Owns one task for each room that is being restored, while `run` runs. `clock` is in seconds."""

    def __init__(
        self, *, media: Rooms, closing: Closing, counters: Counters, clock: Callable[[], float] | None = None
    ) -> None:
        self._media = media
        self._closing = closing
        self._counters = counters
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._lost: asyncio.Queue[Room] = asyncio.Queue()
        self._outages: dict[Room, list[Loss]] = {}

    def lose(self, room: Room, cause: WorkerDiedEvent) -> None:
        """Takes the media out of the tables at once, without waiting; the rest is done by `run`.

        Bounded by the tables: a room is restored by one task, whatever dies meanwhile, and dies only while it is open.
        """
        if room.closed:
            return
        witnesses = list(room.participants.values())
        data = room.data.remove_on(room.transports.values())
        loss = Loss(cause, self._clock(), room.drop_media(), data, witnesses)
        if room in self._outages:
            self._outages[room].append(loss)
        else:
            self._outages[room] = [loss]
            self._lost.put_nowait(room)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                room = await self._lost.get()
                tasks.create_task(self._attempt(room), name=f"recovery of {room.id}")

    async def _attempt(self, room: Room) -> None:
        try:
            await self._restore(room)
        except MediaError as error:
            self._counters.recoveries["failed"] += 1
            log.error("room_not_recovered", meeting_id=room.id, code=error.code)  # noqa: TRY400 - said by the fleet
            await self._closing.try_close(room, reason="media_unavailable")
        except Exception:
            log.exception("recovery_failed", meeting_id=room.id)
            await self._closing.try_close(room, reason="media_unavailable")

    async def _restore(self, room: Room) -> None:
        """Raises MediaError when no worker takes the room."""
        losses = self._outages[room]
        async with room.opening:
            if not room.started and not room.closed:
                # Nobody is in yet, and whoever comes next opens it.
                del self._outages[room]
                room.restored.set()
                return
            try:
                for loss in losses:  # it grows while we wait, when the next worker dies, too
                    await self._announce(room, loss)
                    if not room.closed:
                        await self._media.open_room(room.id)
            finally:
                del self._outages[room]
            if room.closed:
                return
            room.restored.set()
        recovered = RoomRecovered(
            duration_s=round(self._clock() - losses[0].at, 4), deaths=len(losses), participants=len(room.participants)
        )
        self._counters.recoveries["recovered"] += 1
        self._counters.recovery_s += recovered.duration_s
        log.info("room_recovered", meeting_id=room.id, **recovered.model_dump())
        await self._closing.try_record(room, [(recovered, None)])

    async def _announce(self, room: Room, loss: Loss) -> None:
        died = WorkerDied(
            worker=loss.cause.worker,
            reason=loss.cause.reason,
            exit_code=loss.cause.exit_code,
            lived_s=round(loss.cause.lived_s, 3),
            silent_s=round(loss.cause.silent_s, 3),
            participants=len(loss.witnesses),
            producers=len(loss.producers),
        )
        tracks = [removed(producer, "worker_died") for producer in loss.producers]
        facts = [(died, None), *tracks, *loss.data.facts("worker_died")]
        await self._closing.try_record(room, facts)
        for witness in loss.witnesses:
            if not witness.gone:
                witness.tell(catalogue.MEDIA_RESET, MediaReset(reason="worker_died"))

"""What one worker wants of a producer on another, passed on to that one as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from sfu.room_routes import Branch, RoomRoutes
from sfu.slot import Slot

PassOn = Callable[[RoomRoutes, Branch], Awaitable[None]]

log = structlog.get_logger()


class Wishes:
    """One task for each worker that is asked, so that one that hangs keeps nobody else waiting.

    A wish that has not been passed on is replaced by a newer one: there are never more than branches.
    """

    def __init__(self, slots: Iterable[Slot], pass_on: PassOn) -> None:
        self._pass_on = pass_on
        self._waiting: dict[Slot, dict[Branch, RoomRoutes]] = {slot: {} for slot in slots}
        self._some = {slot: asyncio.Event() for slot in self._waiting}
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, room: RoomRoutes, branch: Branch) -> None:
        self._waiting[branch.producer.slot][branch] = room
        self._some[branch.producer.slot].set()

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._serve(slot), name=f"wishes-{slot.index}") for slot in self._waiting]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _serve(self, slot: Slot) -> None:
        waiting, some = self._waiting[slot], self._some[slot]
        while True:
            await some.wait()
            some.clear()
            while waiting:
                branch = next(iter(waiting))
                room = waiting.pop(branch)
                try:
                    await self._pass_on(room, branch)
                except Exception:
                    log.exception("wish_not_passed_on", room_id=room.id, producer_id=branch.producer.id)

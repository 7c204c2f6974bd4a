"""What workers still hold of rooms that ended because another worker of theirs died."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from sfu.commands import CloseRoom, MediaError
from sfu.worker_process import WorkerProcess

log = structlog.get_logger()


async def close_on(processes: Iterable[WorkerProcess], room_id: str) -> None:
    """Never raises MediaError: a worker that cannot be told is gone, and the room with it."""
    await asyncio.gather(*(_close(process, room_id) for process in processes))


async def _close(process: WorkerProcess, room_id: str) -> None:
    try:
        await process.ask(CloseRoom(room_id))
    except MediaError as error:
        log.warning("room_not_closed", room_id=room_id, worker=process.index, code=error.code)


class Leftovers:
    """A room is opened again only when nothing is left of its former life."""

    def __init__(self) -> None:
        self._held: dict[str, list[WorkerProcess]] = {}
        self._lock = asyncio.Lock()
        self._some = asyncio.Event()

    def add(self, room_id: str, processes: Iterable[WorkerProcess]) -> None:
        self._held.setdefault(room_id, []).extend(processes)
        self._some.set()

    async def wait(self) -> None:
        """Until there are some."""
        await self._some.wait()

    async def clear(self, room_id: str) -> None:
        if room_id in self._held:
            async with self._lock:
                # Entered until it is done: whoever opens the room waits here for that.
                await close_on(self._held.get(room_id, ()), room_id)
                self._held.pop(room_id, None)

    async def clear_all(self) -> None:
        self._some.clear()
        for room_id in list(self._held):
            await self.clear(room_id)

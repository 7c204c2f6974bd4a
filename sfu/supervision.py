"""Keeps a process in every slot: notices at once when one dies, kills one that hangs, and puts another in its place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import structlog

from sfu.backoff import Backoff, Pauses
from sfu.slot import Slot
from sfu.worker_process import WorkerProcess, WorkerStartError

SILENCE_LIMIT_S = 3.0
"""A worker speaks every half second (`worker/load.py`); one silent for this long hangs, and is killed."""
LATE_S = 0.5
"""Woken later than this after the deadline, it was this process that slept, and the silence proves nothing."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Timing:
    silence_s: float = SILENCE_LIMIT_S
    pauses: Pauses = field(default_factory=Pauses)


@dataclass(frozen=True)
class Death:
    """How a worker ended. `exit_code` is negative for a signal; `silent_s` is since its last word."""

    reason: Literal["exited", "hung"]
    exit_code: int | None
    lived_s: float
    silent_s: float


Launch = Callable[[Slot], Awaitable[WorkerProcess]]
Lost = Callable[[Slot, Death], None]


class Supervision:
    """One task for each slot, from `start()` to `stop()`.

    `launch` brings a process up or raises WorkerStartError; `lost` is called the moment one is found dead, with the
    slot empty already.
    """

    def __init__(self, slots: Iterable[Slot], launch: Launch, lost: Lost, timing: Timing) -> None:
        self._slots = list(slots)
        self._launch = launch
        self._lost = lost
        self._timing = timing
        self._tasks: list[asyncio.Task[None]] = []
        self._started = asyncio.Event()

    async def start(self) -> None:
        """Returns once every worker runs. Raises WorkerStartError when one does not come up; the others are stopped."""
        starts = await asyncio.gather(*(self._fill(slot) for slot in self._slots), return_exceptions=True)
        failures = [result for result in starts if isinstance(result, BaseException)]
        if failures:
            await self.stop()
            raise failures[0]
        self._tasks = [asyncio.create_task(self._supervise(slot), name=f"worker-{slot.index}") for slot in self._slots]

    async def stop(self) -> None:
        """Idempotent. Nothing is told any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await asyncio.gather(*(slot.process.stop() for slot in self._slots if slot.process is not None))
        for slot in self._slots:
            slot.process = None

    async def next_start(self, within_s: float) -> bool:
        """Waits for a worker to start; whether one did within that time. None does when nobody supervises."""
        if not self._tasks:
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._started.wait()
                return True
        return False

    async def _fill(self, slot: Slot) -> None:
        process = await self._launch(slot)
        slot.heard_at = slot.started_at = _now()
        slot.load = None
        slot.process = process
        # Wakes those who wait now; whoever waits next waits for the next start.
        self._started.set()
        self._started.clear()
        log.info("worker_started", index=slot.index, pid=process.pid, udp_port=process.udp_port)

    async def _supervise(self, slot: Slot) -> None:
        backoff = Backoff(self._timing.pauses)
        while True:
            lived_s = 0.0
            if slot.process is not None:
                death = await self._watch(slot, slot.process)
                lived_s = death.lived_s
                self._bury(slot, death)
            await asyncio.sleep(backoff.died_after(lived_s))
            slot.restarts += 1
            try:
                await self._fill(slot)
            except WorkerStartError as error:
                log.error("worker_not_started", index=slot.index, error=str(error))  # noqa: TRY400 - expected, retried

    def _bury(self, slot: Slot, death: Death) -> None:
        slot.process = None
        slot.load = None
        self._lost(slot, death)

    async def _watch(self, slot: Slot, process: WorkerProcess) -> Death:
        """Until the process is gone, by itself or because it hangs."""
        gone = asyncio.create_task(process.wait())
        hung = False
        try:
            while not gone.done():
                deadline = slot.heard_at + self._timing.silence_s
                await asyncio.wait([gone], timeout=deadline - _now())
                late_s = _now() - deadline
                if late_s > LATE_S and not hung:
                    slot.heard_at = _now()
                elif not gone.done() and slot.heard_at + self._timing.silence_s <= _now():
                    hung = True
                    log.error("worker_silent", index=slot.index, pid=process.pid)
                    process.kill()
                    await asyncio.wait([gone])
            now = _now()
            return Death(
                reason="hung" if hung else "exited",
                exit_code=gone.result(),
                lived_s=now - slot.started_at,
                silent_s=now - slot.heard_at,
            )
        finally:
            gone.cancel()


def _now() -> float:
    return asyncio.get_running_loop().time()

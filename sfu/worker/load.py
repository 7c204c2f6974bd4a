"""How loaded a worker is, once a second: what the fleet places rooms by, and its sign of life."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sfu.events import WorkerLoad

INTERVAL_S = 1.0


class Usage(NamedTuple):
    """Seconds since the process began: of the wall clock, of all its threads, of the data-plane thread."""

    wall: float
    process: float
    plane: float


def share(before: Usage, now: Usage) -> float:
    """Of one core, of the busier thread: packets and control each saturate alone. 0 to 1."""
    wall = now.wall - before.wall
    if wall <= 0:
        return 0.0
    plane = now.plane - before.plane
    control = now.process - before.process - plane
    return min(max(plane, control, 0.0) / wall, 1.0)


class LoadMeter:
    """`statistics` are the data plane's; `own_drops` what Python dropped."""

    def __init__(self, own_drops: Counter[str], clock: Callable[[], tuple[float, float]] | None = None) -> None:
        self._own_drops = own_drops
        self._clock = clock or (lambda: (time.monotonic(), time.process_time()))
        self._before: Usage | None = None

    def measure(self, statistics: Mapping[str, Any], rooms: int) -> WorkerLoad:
        now = Usage(*self._clock(), plane=float(statistics.get("cpu_s", 0.0)))
        cpu = share(self._before, now) if self._before else 0.0
        self._before = now
        return WorkerLoad(
            cpu=round(cpu, 4),
            rooms=rooms,
            transports=len(statistics.get("transports", ())),
            producers=len(statistics.get("producers", ())),
            consumers=len(statistics.get("consumers", ())),
            packets_in=int(statistics.get("packets_in", 0)),
            packets_out=int(statistics.get("packets_out", 0)),
            drops=dict(Counter(statistics.get("drops", {})) + self._own_drops),
        )


async def report_load(measure: Callable[[], WorkerLoad], tell: Callable[[WorkerLoad], None]) -> None:
    """Until cancelled."""
    while True:
        tell(measure())
        await asyncio.sleep(INTERVAL_S)

"""How loaded a worker is, twice a second: what the fleet places rooms by, and its sign of life."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sfu.events import WorkerLoad

INTERVAL_S = 0.5
SMOOTHED_S = 2.0
"""Over about this long: a burst of joins should not send every room elsewhere."""
COUNTED = (
    "transports",
    "producers",
    "consumers",
    "packets_in",
    "packets_out",
    "bytes_in",
    "bytes_out",
    "nacks_sent",
    "nacks_received",
    "keyframe_requests_sent",
    "keyframe_requests_received",
)


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
    """`totals` are the data plane's; `own_drops` what Python dropped."""

    def __init__(self, own_drops: Counter[str], clock: Callable[[], tuple[float, float]] | None = None) -> None:
        self._own_drops = own_drops
        self._clock = clock or (lambda: (time.monotonic(), time.process_time()))
        self._before: tuple[Usage, int] | None = None
        self._cpu = 0.0
        self._packet_rate = 0.0
        self._first = True

    def measure(self, totals: Mapping[str, Any], rooms: int) -> WorkerLoad:
        self._advance(
            Usage(*self._clock(), plane=float(totals.get("cpu_s", 0.0))),
            int(totals.get("packets_in", 0)) + int(totals.get("packets_out", 0)),
        )
        return WorkerLoad(
            cpu=round(self._cpu, 4),
            packet_rate=round(self._packet_rate, 1),
            rooms=rooms,
            drops=dict(Counter(totals.get("drops", {})) + self._own_drops),
            **{name: int(totals.get(name, 0)) for name in COUNTED},
        )

    def _advance(self, now: Usage, packets: int) -> None:
        """Each new measurement weighs as much as the time it spans, against `SMOOTHED_S`; the first one all."""
        if self._before is not None and now.wall > (before := self._before[0]).wall:
            lasted_s = now.wall - before.wall
            weight = 1.0 if self._first else 1.0 - math.exp(-lasted_s / SMOOTHED_S)
            self._first = False
            self._cpu += weight * (share(before, now) - self._cpu)
            self._packet_rate += weight * ((packets - self._before[1]) / lasted_s - self._packet_rate)
        self._before = (now, packets)


async def report_load(measure: Callable[[], WorkerLoad], tell: Callable[[WorkerLoad], None]) -> None:
    """Until cancelled."""
    while True:
        tell(measure())
        await asyncio.sleep(INTERVAL_S)

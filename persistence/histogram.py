"""How long things take, counted into fixed buckets: what it costs does not grow with what is counted."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

_BOUNDS_S: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Histogram:
    """Durations in seconds. `counts` has one more bucket than `bounds`: that of everything longer."""

    def __init__(self, bounds: tuple[float, ...] = _BOUNDS_S) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.sum += seconds

    @property
    def total(self) -> int:
        return sum(self.counts)

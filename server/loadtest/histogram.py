"""How long things took, in a few hundred counters whatever the number of samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

_PRECISION_BITS = 6
"""Buckets are as wide as 1/32 of their value: percentiles are right within 3 %."""


def _bucket(micros: int) -> int:
    """The lower edge of the bucket."""
    shift = max(micros.bit_length() - _PRECISION_BITS, 0)
    return micros >> shift << shift


class Histogram:
    """Times in microseconds."""

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self._counts: Counter[int] = Counter(counts or {})

    def __len__(self) -> int:
        return self._counts.total()

    def add(self, micros: int) -> None:
        """A negative time, of clocks that disagree, counts as none."""
        self._counts[_bucket(max(micros, 0))] += 1

    def merge(self, other: Histogram) -> None:
        self._counts.update(other._counts)

    def counts(self) -> dict[int, int]:
        """By the lower edge of each bucket: what `Histogram()` takes."""
        return dict(self._counts)

    def percentile(self, percent: float) -> float | None:
        """In milliseconds; None without samples."""
        total = self._counts.total()
        if not total:
            return None
        wanted, seen = total * percent / 100, 0
        for micros in sorted(self._counts):
            seen += self._counts[micros]
            if seen >= wanted:
                return micros / 1000
        return max(self._counts) / 1000

    def summary(self) -> dict[str, float | None]:
        """Milliseconds."""
        return {f"p{percent}": self.percentile(percent) for percent in (50, 90, 99)} | {"max": self.percentile(100)}

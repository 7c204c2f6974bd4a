"""How long to wait before a dead worker is replaced. Pure: the clock is the caller's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pauses:
    """Seconds. The first replacement comes at once: one death is no crash loop. Then `first_s`, doubled each time."""

    first_s: float = 0.2
    longest_s: float = 10.0
    steady_s: float = 30.0
    """A worker that lived this long starts the row anew."""


class Backoff:
    def __init__(self, pauses: Pauses) -> None:
        self._pauses = pauses
        self._deaths_in_a_row = 0

    def died_after(self, lived_s: float) -> float:
        """Seconds to wait now. A start that failed counts as a life of zero."""
        if lived_s > self._pauses.steady_s:
            self._deaths_in_a_row = 0
        self._deaths_in_a_row += 1
        if self._deaths_in_a_row == 1:
            return 0.0
        # Beyond this many doublings every pause is the longest; the exponent must not grow for ever.
        doublings = min(self._deaths_in_a_row - 2, 32)
        return min(self._pauses.first_s * 2.0**doublings, self._pauses.longest_s)

"""A token bucket: a burst at once, and then so many a second."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    per_s: float
    burst: float


class Bucket:
    """Full when made. In any time T it lets through at most `burst + per_s * T`; in seconds, of any one clock."""

    __slots__ = ("_at", "_level", "allowance")

    def __init__(self, allowance: Allowance, now: float) -> None:
        self.allowance = allowance
        self._level = allowance.burst
        self._at = now

    def take(self, now: float) -> float:
        """0 when there was one to take, else the seconds until there will be; then nothing is taken."""
        self._fill(now)
        if self._level >= 1:
            self._level -= 1
            return 0.0
        return (1 - self._level) / self.allowance.per_s

    def full(self, now: float) -> bool:
        """Whether it is as if it had just been made."""
        self._fill(now)
        return self._level >= self.allowance.burst

    def _fill(self, now: float) -> None:
        # A clock that goes back gives nothing and takes nothing.
        passed = max(0.0, now - self._at)
        self._level = min(self.allowance.burst, self._level + passed * self.allowance.per_s)
        self._at = max(self._at, now)

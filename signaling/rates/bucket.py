"""A token bucket: a burst at once, and then so many a second."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
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
        wait_s = self.wait_s(now)
        if not wait_s:
            self._level -= 1
        return wait_s

    def wait_s(self, now: float) -> float:
        """What `take` would answer."""
        self._fill(now)
        return 0.0 if self._level >= 1 else (1 - self._level) / self.allowance.per_s

    def _fill(self, now: float) -> None:
        # A clock that goes back gives nothing and takes nothing.
        passed = max(0.0, now - self._at)
        self._level = min(self.allowance.burst, self._level + passed * self.allowance.per_s)
        self._at = max(self._at, now)


class Buckets:
    """One for each key, of `most` keys. Beyond, whoever was silent longest starts afresh."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._by_key: OrderedDict[Hashable, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_key)

    def get(self, key: Hashable) -> Bucket | None:
        return self._by_key.get(key)

    def of(self, key: Hashable, allowance: Allowance, now: float) -> Bucket:
        bucket = self._by_key.get(key)
        if bucket is None:
            bucket = self._by_key[key] = Bucket(allowance, now)
            if len(self._by_key) > self._most:
                self._by_key.popitem(last=False)
        self._by_key.move_to_end(key)
        return bucket

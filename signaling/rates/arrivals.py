"""How many people come into the meetings of this node at once, so that those who are in do not notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from config.rates import RateSettings
from signaling.counters import Counters
from signaling.errors import ErrorCode, SignalingError
from signaling.rates.bucket import Allowance, Bucket
from signaling.rates.throttle import whole_ms

MOST_WAIT_S: Final = 10.0
"""However many were sent away: whoever comes back so late is not told to wait for longer."""


class Arrivals:
    """Lets in a burst and then so many a second; the rest are told when to come back, one after the other.

    Each that is sent away is given a time after the one before, so that they do not all come back together.
    """

    def __init__(self, rates: RateSettings, counters: Counters, clock: Callable[[], float]) -> None:
        self._allowance = Allowance(rates.arrivals_per_s, rates.arrivals_burst) if rates.enabled else None
        self._bucket = Bucket(self._allowance, clock()) if self._allowance is not None else None
        self._counters = counters
        self._clock = clock
        self._next_at = 0.0

    def admit(self) -> None:
        """Raises SignalingError UNAVAILABLE with when to try again."""
        if self._bucket is None or self._allowance is None:
            return
        now = self._clock()
        wait_s = self._bucket.take(now)
        if not wait_s:
            return
        self._counters.refuse("arrivals")
        self._next_at = max(self._next_at + 1 / self._allowance.per_s, now + wait_s)
        wait_s = min(self._next_at - now, MOST_WAIT_S)
        raise SignalingError(ErrorCode.UNAVAILABLE, "Too many people are joining right now.", whole_ms(wait_s))

"""How many people come into the meetings of this node at once, so that those who are in do not notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from config.rates import RateSettings
from signaling.counters import Counters
from signaling.errors import ErrorCode, SignalingError
from signaling.rates.bucket import Allowance, Bucket, Buckets
from signaling.rates.throttle import whole_ms

MOST_WAIT_S: Final = 10.0
"""However many were sent away: whoever comes back so late is not told to wait for longer."""

MAX_USERS: Final = 100_000
"""Whose share is remembered at a time."""


class Arrivals:
    """Lets in a burst and then so many a second; the rest are told when to come back, one after the other.

    Each that is sent away is given a time after the one before, so that they do not all come back together. What all
    share is taken from by those alone who would get in, and no one user may even ask for more than a share of it,
    over however many connections.
    """

    def __init__(self, rates: RateSettings, counters: Counters, clock: Callable[[], float]) -> None:
        self._enabled = rates.enabled
        self._allowance = Allowance(rates.arrivals_per_s, rates.arrivals_burst)
        self._share = Allowance(rates.user_arrivals_per_s, rates.user_arrivals_burst)
        self._bucket = Bucket(self._allowance, clock())
        self._shares = Buckets(MAX_USERS)
        self._counters = counters
        self._clock = clock
        self._next_at = 0.0

    def knock(self, user_id: str) -> None:
        """Before anything is looked at. Raises SignalingError RATE_LIMITED with when to try again."""
        if not self._enabled:
            return
        now = self._clock()
        if wait_s := self._shares.of(user_id, self._share, now).take(now):
            self._counters.refuse("arrivals_of_user")
            raise SignalingError(ErrorCode.RATE_LIMITED, "You are joining too often.", whole_ms(wait_s))

    def admit(self) -> None:
        """Raises SignalingError UNAVAILABLE with when to try again."""
        if not self._enabled:
            return
        now = self._clock()
        wait_s = self._bucket.take(now)
        if not wait_s:
            return
        self._counters.refuse("arrivals")
        self._next_at = max(self._next_at + 1 / self._allowance.per_s, now + wait_s)
        wait_s = min(self._next_at - now, MOST_WAIT_S)
        raise SignalingError(ErrorCode.UNAVAILABLE, "Too many people are joining right now.", whole_ms(wait_s))

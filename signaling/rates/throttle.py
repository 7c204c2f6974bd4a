"""What one participant may still ask."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from config.rates import RateSettings
from signaling.counters import UNKNOWN_EVENT, Counters
from signaling.errors import ErrorCode, FloodError, SignalingError
from signaling.messages.catalogue import REQUESTS
from signaling.rates.bucket import Allowance, Bucket
from signaling.rates.kind import RequestRate, rate_of

REFUSALS: Final = Allowance(per_s=1000, burst=10_000)
"""Answering a refused request costs too: whoever asks on regardless, faster than this, is hung up on."""

TOO_FAST: Final = "You are asking faster than is allowed."


@dataclass(frozen=True, slots=True)
class Allowances:
    """By kind of request; empty when nothing is limited."""

    by_rate: Mapping[RequestRate, Allowance]

    @classmethod
    def of(cls, rates: RateSettings) -> Allowances:
        if not rates.enabled:
            return cls({})
        table = {
            RequestRate.REQUEST: Allowance(rates.requests_per_s, rates.requests_burst),
            RequestRate.MEDIA: Allowance(rates.media_per_s, rates.media_burst),
            RequestRate.CHAT: Allowance(rates.chat_per_s, rates.chat_burst),
            RequestRate.CREATION: Allowance(rates.creations_per_s, rates.creation_burst),
            RequestRate.JOIN: Allowance(rates.joins_per_s, rates.join_burst),
        }
        return cls(MappingProxyType(table))


class Throttle:
    """The gate of one participant, or of a connection that has none yet. `clock` answers seconds; differences count."""

    def __init__(self, allowances: Allowances, clock: Callable[[], float], counters: Counters) -> None:
        self._allowances = allowances.by_rate
        self._clock = clock
        self._counters = counters
        self._buckets: dict[RequestRate, Bucket] = {}
        self._refusals: Bucket | None = None

    def admit(self, event: str) -> None:
        """Raises SignalingError RATE_LIMITED with when to try again, and FloodError."""
        rate = rate_of(event)
        allowance = self._allowances.get(rate)
        if allowance is None:
            return
        now = self._clock()
        bucket = self._buckets.get(rate) or self._buckets.setdefault(rate, Bucket(allowance, now))
        if wait_s := bucket.take(now):
            self.refused(event, f"{rate}_rate")
            self._end_a_flood(now)
            raise SignalingError(ErrorCode.RATE_LIMITED, TOO_FAST, retry_after=whole_ms(wait_s))

    def refused(self, event: str, reason: str) -> None:
        """Count it, by its reason and among all answers to this request."""
        self._counters.refused[reason] += 1
        self._counters.requests[event if event in REQUESTS else UNKNOWN_EVENT, ErrorCode.RATE_LIMITED] += 1

    def _end_a_flood(self, now: float) -> None:
        if self._refusals is None:
            self._refusals = Bucket(REFUSALS, now)
        if self._refusals.take(now):
            self._counters.refused["flooding"] += 1
            raise FloodError


def whole_ms(seconds: float) -> float:
    """Rounded up: whoever waits so long does not come too early."""
    return math.ceil(seconds * 1000) / 1000

"""How many meetings one user makes, on all their connections together."""

from __future__ import annotations

from typing import Final

from config.rates import RateSettings
from signaling.counters import Counters
from signaling.errors import ErrorCode, SignalingError
from signaling.rates.quota import Quota, Quotas
from signaling.rates.throttle import whole_ms

PER_S: Final = 15 * 60


class Creations:
    """A bucket belongs to a connection, and connections are free; what they make stays."""

    def __init__(self, rates: RateSettings, quotas: Quotas, counters: Counters) -> None:
        self._quota = Quota("creations", rates.creations_per_15_min, PER_S) if rates.enabled else None
        self._quotas = quotas
        self._counters = counters

    async def admit(self, user_id: str) -> None:
        """Raises SignalingError RATE_LIMITED with when to try again."""
        if self._quota is not None and (wait_s := await self._quotas.spend(self._quota, user_id)):
            self._counters.refuse("creations_of_user")
            raise SignalingError(ErrorCode.RATE_LIMITED, "You are making too many meetings.", whole_ms(wait_s))

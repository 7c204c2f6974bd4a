"""How often the password of a meeting may be guessed: by one user, from one address, and by everybody together."""

from __future__ import annotations

import asyncio
from typing import Final

from config.rates import RateSettings
from signaling.counters import Counters
from signaling.errors import ErrorCode, SignalingError
from signaling.rates.quota import Quota, Quotas, address_key
from signaling.rates.throttle import whole_ms

PER_S: Final = 60


class PasswordTries:
    """Only wrong ones count, on whatever connections they come: a class that knows the password uses up nothing."""

    def __init__(self, rates: RateSettings, quotas: Quotas, counters: Counters) -> None:
        self._enabled = rates.enabled
        self._of_user = Quota("password_tries_user", rates.password_tries_per_min, PER_S)
        self._of_address = Quota("password_tries_address", rates.password_tries_per_address, PER_S)
        self._of_meeting = Quota("password_tries_meeting", rates.password_tries_per_meeting, PER_S)
        self._quotas = quotas
        self._counters = counters

    def of(self, user_id: str, address: str, meeting_id: str) -> TriesOf:
        quotas = {
            "user": (self._of_user, user_id),
            # Behind one address are many people: what some of them do at one door closes no other.
            "address": (self._of_address, f"{address_key(address)} {meeting_id}"),
            "meeting": (self._of_meeting, meeting_id),
        }
        return TriesOf(quotas if self._enabled else {}, self._quotas, self._counters)


class TriesOf:
    """Those of one user from one address at one meeting."""

    def __init__(self, counted: dict[str, tuple[Quota, str]], quotas: Quotas, counters: Counters) -> None:
        self._counted = counted
        self._quotas = quotas
        self._counters = counters

    async def check(self) -> None:
        """Raises SignalingError RATE_LIMITED with when to try again."""
        waits_s = await asyncio.gather(*(self._quotas.wait_s(quota, key) for quota, key in self._counted.values()))
        for by, wait_s in zip(self._counted, waits_s, strict=True):
            if wait_s:
                self._counters.refuse(f"password_tries_of_{by}")
                raise SignalingError(
                    ErrorCode.RATE_LIMITED, "Too many wrong passwords were tried.", whole_ms(max(waits_s))
                )

    async def spend(self) -> None:
        """It was a wrong one."""
        await asyncio.gather(*(self._quotas.spend(quota, key) for quota, key in self._counted.values()))

"""How often routes may be asked, by users and by addresses (REQUIREMENTS SIG-15)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from config.rates import RateSettings
from server.api.contract import Rate, Route
from server.api.errors import ApiError
from signaling.identity import Identity
from signaling.rates.quota import Quota, Quotas, address_key

QUARTER_OF_AN_HOUR_S = 15 * 60
MINUTE_S = 60


@dataclass(frozen=True)
class RouteQuota:
    """Known callers are counted by who they are and, more generously, by where they come from."""

    user: Quota
    address: Quota
    operators: bool = True  # whether operators are held to it as well


class HttpLimits:
    """`refused` counts by rate and by what was used up: user, address or subject."""

    def __init__(self, rates: RateSettings, quotas: Quotas) -> None:
        self._quotas = quotas
        self._table: Mapping[Rate, RouteQuota] = MappingProxyType(table(rates) if rates.enabled else {})
        self.refused: Counter[str] = Counter()

    async def admit(self, route: Route, identity: Identity | None, address: str) -> None:
        """Each route counts for itself. Raises ApiError RATE_LIMITED with when to try again."""
        quota = self._table.get(route.rate)
        if quota is None or (identity is not None and identity.operator and not quota.operators):
            return
        if identity is not None:
            await self._spend(route, "user", quota.user, identity.user_id)
        await self._spend(route, "address", quota.address, address_key(address))

    async def admit_subject(self, route: Route, subject: str) -> None:
        """The same for what a request is about, as the account of a sign-in, from however many addresses."""
        quota = self._table.get(route.rate)
        if quota is not None:
            # Whatever somebody typed is a key of the same length, and Redis is told no e-mail address.
            await self._spend(route, "subject", quota.user, hashlib.sha256(subject.encode()).hexdigest())

    async def _spend(self, route: Route, by: str, quota: Quota, key: str) -> None:
        if wait_s := await self._quotas.spend(quota, f"{by}:{route.method} {route.path}:{key}"):
            self.refused[f"{route.rate.value}_{by}"] += 1
            raise ApiError("RATE_LIMITED", "You are asking too often.", wait_s)


def table(rates: RateSettings) -> dict[Rate, RouteQuota]:
    def both(name: str, user: int, address: int, per_s: int) -> RouteQuota:
        return RouteQuota(Quota(f"http_{name}", user, per_s), Quota(f"http_{name}", address, per_s))

    reports, reports_per_address = rates.http_reports_per_min, rates.http_reports_per_address
    per_quarter, strict = rates.http_creations_per_15_min, rates.http_strict_per_min
    return {
        Rate.CREATION: both("creation", per_quarter, rates.http_creations_per_address, QUARTER_OF_AN_HOUR_S),
        Rate.STRICT: both("strict", strict, strict, MINUTE_S),
        Rate.GUEST: both("guest", rates.http_guests_per_min, rates.http_guests_per_min, MINUTE_S),
        Rate.REFRESH: both("refresh", rates.http_refreshes_per_min, rates.http_refreshes_per_min, MINUTE_S),
        # Operators carry whole meetings over.
        Rate.REPORT: replace(both("report", reports, reports_per_address, MINUTE_S), operators=False),
    }

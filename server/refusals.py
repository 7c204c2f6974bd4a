"""What was refused at the doors, by reason, for `/metrics`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from server.accounts.accounts import Accounts
from server.api.limits import HttpLimits
from server.connections import Connections
from server.metrics import Sample
from server.tokens.revocations import Revocations
from signaling.rates.redis_quotas import RedisQuotas


class Refusals:
    def __init__(
        self,
        *,
        limits: HttpLimits,
        connections: Connections,
        accounts: Accounts,
        revocations: Revocations,
        redis: RedisQuotas | None,
    ) -> None:
        self._limits = limits
        self._connections = connections
        self._accounts = accounts
        self._revocations = revocations
        self._redis = redis

    def take(self) -> Iterable[Sample]:
        yield counted("folkmoot_http_limited", "API requests that came too often", self._limits.refused)
        yield counted("folkmoot_connections_refused", "Connections closed unheard", self._connections.refused)
        yield counted("folkmoot_accounts_refused", "Sign-ups, sign-ins and refreshes refused", self._accounts.refused)
        yield Sample("folkmoot_revoked_tokens", "gauge", "Revocations known", {(): self._revocations.known})
        failures = {(): self._revocations.failures}
        yield Sample("folkmoot_revocations_unread", "counter", "Times revocations could not be read", failures)
        if self._redis is not None:
            away = {(): self._redis.unavailable}
            yield Sample("folkmoot_quotas_alone", "counter", "Requests counted here alone, Redis being away", away)


def counted(name: str, text: str, by_reason: Mapping[str, float]) -> Sample:
    return Sample(name, "counter", text, {(reason,): n for reason, n in by_reason.items()}, ("reason",))

"""Who may come in, and how often: tokens, accounts, limits and connections, put together."""

from __future__ import annotations

import time
from collections.abc import Iterable

from config.settings import RedisSettings, Settings
from persistence.store import Store
from server.accounts.accounts import Accounts
from server.api.limits import HttpLimits
from server.client_address import TrustedProxies
from server.connections import Connections
from server.identity import TokenAuthority
from server.lifecycle import Stage
from server.metrics import Sample
from server.refusals import Refusals
from server.tokens.authenticator import Authenticator
from server.tokens.key_source import KeySource, fetcher
from server.tokens.outside import OutsideIssuer
from server.tokens.revocations import Revocations
from signaling.identity import Identity
from signaling.passwords import Passwords
from signaling.rates.quota import MemoryQuotas, Quotas
from signaling.rates.redis_quotas import RedisQuotas


class Doors:
    def __init__(self, settings: Settings, store: Store, authority: TokenAuthority) -> None:
        self._revocations = Revocations(store.revoked_tokens, now=time.time)
        self._keys = _outside_keys(settings)
        outside = OutsideIssuer(self._keys, settings.auth, now=time.time) if self._keys else None
        self.authenticator = Authenticator(authority, revoked=self._revocations, outside=outside)
        self.meeting_passwords = Passwords()
        alone = MemoryQuotas(time.monotonic)
        self._redis = _redis_of(settings.redis, alone)
        self.quotas: Quotas = self._redis or alone
        self.limits = HttpLimits(settings.rates, self.quotas)
        self.accounts = Accounts(
            users=store.users,
            sign_ins=store.sign_ins,
            revocations=self._revocations,
            authority=authority,
            passwords=Passwords(),
            settings=settings.auth,
        )
        self.proxies = TrustedProxies(settings.http.trusted_proxies)
        self.connections = Connections(most_per_address=settings.rates.connections_per_address, trusted=self.proxies)
        self._refusals = Refusals(
            limits=self.limits,
            connections=self.connections,
            accounts=self.accounts,
            revocations=self._revocations,
            redis=self._redis,
        )

    def revoked(self, identity: Identity) -> bool:
        return self._revocations.holds(identity.token_ids)

    def samples(self) -> Iterable[Sample]:
        return self._refusals.take()

    def stage(self) -> Stage:
        return Stage("doors", self._start, self._stop)

    async def _start(self) -> None:
        await self._revocations.start()
        if self._keys is not None:
            await self._keys.start()

    async def _stop(self) -> None:
        if self._keys is not None:
            await self._keys.stop()
        await self._revocations.stop()
        if self._redis is not None:
            await self._redis.close()


def _outside_keys(settings: Settings) -> KeySource | None:
    auth = settings.auth
    if auth.jwks is None:
        return None
    return KeySource(fetcher(auth.jwks), refresh_s=auth.jwks_refresh_s, now=time.monotonic)


def _redis_of(redis: RedisSettings, alone: MemoryQuotas) -> RedisQuotas | None:
    return RedisQuotas(redis.url, alone, time.monotonic, within_s=redis.timeout_s) if redis.url else None

"""The same quotas, counted in Redis for all nodes together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from signaling.rates.quota import MemoryQuotas, Quota

WITHIN_S: Final = 0.25
"""Longer nobody waits for Redis: one that hangs must not make the server hang."""

LEFT_ALONE_S: Final = 5.0
"""After a failure it is not asked again for this long."""

PREFIX: Final = "folkmoot-limits"
log = structlog.get_logger(__name__)


class RedisQuotas:
    """While Redis is away nobody is refused because of that: this node counts for itself, and `unavailable` says so."""

    def __init__(
        self, url: str, alone: MemoryQuotas, clock: Callable[[], float], *, within_s: float = WITHIN_S
    ) -> None:
        self._within_s = within_s
        self._pool = ConnectionPool.from_url(url, socket_timeout=within_s, socket_connect_timeout=within_s)
        pool: Any = self._pool  # the library's annotation knows no pool, its documentation does
        storage = RedisStorage(url, implementation="redispy", key_prefix=PREFIX, connection_pool=pool)
        self._limiter = MovingWindowRateLimiter(storage)
        self._alone = alone
        self._clock = clock
        self._ask_from = clock()
        self.unavailable = 0

    async def spend(self, quota: Quota, key: str) -> float:
        if self._clock() < self._ask_from:
            self.unavailable += 1
            return await self._alone.spend(quota, key)
        try:
            async with asyncio.timeout(2 * self._within_s):
                return await self._ask(quota, key)
        except (RedisError, OSError, TimeoutError) as error:
            self._ask_from = self._clock() + LEFT_ALONE_S
            self.unavailable += 1
            log.warning("redis_away", error=type(error).__name__)
            return await self._alone.spend(quota, key)

    async def close(self) -> None:
        await self._pool.disconnect()

    async def _ask(self, quota: Quota, key: str) -> float:
        item: RateLimitItem = RateLimitItemPerSecond(quota.amount, quota.per_s, namespace=quota.name)
        if await self._limiter.hit(item, key):
            return 0.0
        window = await self._limiter.get_window_stats(item, key)
        # Redis told a moment of the wall clock; a wait that is already over is none, yet this one was refused.
        return max(window.reset_time - time.time(), 0.001)

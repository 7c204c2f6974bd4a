"""The same quotas, counted in Redis for all nodes together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
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

Question = Callable[[Quota, str], Awaitable[float]]


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
        return await self._ask(self._spend, self._alone.spend, quota, key)

    async def wait_s(self, quota: Quota, key: str) -> float:
        return await self._ask(self._wait_s, self._alone.wait_s, quota, key)

    async def close(self) -> None:
        await self._pool.disconnect()

    async def _ask(self, question: Question, alone: Question, quota: Quota, key: str) -> float:
        if self._clock() >= self._ask_from:
            try:
                async with asyncio.timeout(2 * self._within_s):
                    return await question(quota, key)
            except (RedisError, OSError, TimeoutError) as error:
                self._ask_from = self._clock() + LEFT_ALONE_S
                log.warning("redis_away", error=type(error).__name__)
        self.unavailable += 1
        return await alone(quota, key)

    async def _spend(self, quota: Quota, key: str) -> float:
        item = _item(quota)
        if await self._limiter.hit(item, key):
            return 0.0
        return _until((await self._limiter.get_window_stats(item, key)).reset_time)

    async def _wait_s(self, quota: Quota, key: str) -> float:
        window = await self._limiter.get_window_stats(_item(quota), key)
        return 0.0 if window.remaining > 0 else _until(window.reset_time)


def _item(quota: Quota) -> RateLimitItem:
    return RateLimitItemPerSecond(quota.amount, quota.per_s, namespace=quota.name)


def _until(moment: float) -> float:
    """Redis tells a moment of the wall clock. A wait that is already over is none, yet this one was refused."""
    return max(moment - time.time(), 0.001)

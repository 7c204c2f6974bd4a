"""Quotas over a real Redis: shared while it is there, and nobody's trouble while it is not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from signaling.rates.quota import MemoryQuotas, Quota
from signaling.rates.redis_quotas import LEFT_ALONE_S, RedisQuotas
from tests.support.redis import RunningRedis, find_binary, running_redis

PATIENCE_S = 5.0
"""A busy machine is no reason to take Redis for gone."""
FIVE_A_MINUTE = Quota("tries", 5, 60)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def server() -> Iterator[RunningRedis]:
    binary = find_binary()
    if binary is None:
        pytest.skip("Redis is not installed: apt-get install redis-tools")
    with running_redis(binary) as redis:
        yield redis


@pytest_asyncio.fixture
async def nodes(server: RunningRedis) -> AsyncIterator[tuple[RedisQuotas, RedisQuotas]]:
    two = (
        RedisQuotas(server.url, MemoryQuotas(Clock()), Clock(), within_s=PATIENCE_S),
        RedisQuotas(server.url, MemoryQuotas(Clock()), Clock(), within_s=PATIENCE_S),
    )
    yield two
    for node in two:
        await node.close()


async def test_two_nodes_count_together(nodes: tuple[RedisQuotas, RedisQuotas]) -> None:
    one, two = nodes
    waits = [await (one if n % 2 else two).spend(FIVE_A_MINUTE, "together") for n in range(7)]
    assert waits[:5] == [0.0] * 5
    assert all(0 < wait <= 60 for wait in waits[5:])
    assert await one.spend(FIVE_A_MINUTE, "somebody else") == 0
    assert (one.unavailable, two.unavailable) == (0, 0)


async def test_what_is_left_is_told_on_all_nodes_without_spending(nodes: tuple[RedisQuotas, RedisQuotas]) -> None:
    one, two = nodes
    for n in range(5):
        assert [await node.wait_s(FIVE_A_MINUTE, "left") for node in (one, two) * 3] == [0.0] * 6
        await (one if n % 2 else two).spend(FIVE_A_MINUTE, "left")
    assert all([0 < await node.wait_s(FIVE_A_MINUTE, "left") <= 60 for node in nodes])
    assert (one.unavailable, two.unavailable) == (0, 0)


async def test_of_many_at_once_exactly_as_many_pass_as_may(nodes: tuple[RedisQuotas, RedisQuotas]) -> None:
    one, two = nodes
    waits = await asyncio.gather(*((one if n % 2 else two).spend(FIVE_A_MINUTE, "at once") for n in range(40)))
    assert waits.count(0.0) == 5


async def test_without_redis_each_node_counts_alone_and_says_so() -> None:
    binary = find_binary()
    if binary is None:
        pytest.skip("Redis is not installed: apt-get install redis-tools")
    clock = Clock()
    with running_redis(binary) as redis:
        quotas = RedisQuotas(redis.url, MemoryQuotas(clock), clock, within_s=PATIENCE_S)
        assert await quotas.spend(FIVE_A_MINUTE, "ada") == 0
        redis.stop()
        waits = [await quotas.spend(FIVE_A_MINUTE, "ada") for _ in range(7)]
        assert [wait > 0 for wait in waits] == [False] * 5 + [True] * 2
        assert quotas.unavailable == 7
        assert await quotas.wait_s(FIVE_A_MINUTE, "ada") > 0
        assert await quotas.wait_s(FIVE_A_MINUTE, "cy") == 0
        redis.start()
        assert await quotas.spend(FIVE_A_MINUTE, "bob") == 0
        assert quotas.unavailable == 10, "it is left alone for a while"
        clock.now += LEFT_ALONE_S
        assert await quotas.spend(FIVE_A_MINUTE, "bob") == 0
        assert quotas.unavailable == 10
        await quotas.close()


async def test_a_redis_that_takes_connections_and_never_answers_is_waited_for_once() -> None:
    held: list[asyncio.StreamWriter] = []

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    blackhole = await asyncio.start_server(hold, "127.0.0.1", 0)
    quotas = RedisQuotas(f"redis://127.0.0.1:{blackhole.sockets[0].getsockname()[1]}", MemoryQuotas(Clock()), Clock())
    began = time.monotonic()
    assert [await quotas.spend(FIVE_A_MINUTE, "ada") for _ in range(5)] == [0.0] * 5
    assert time.monotonic() - began < 2
    assert quotas.unavailable == 5
    await quotas.close()
    for writer in held:
        writer.close()
    blackhole.close()

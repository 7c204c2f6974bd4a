"""Waiting for a fact of another process, instead of for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S = 0.1


async def eventually(fact: Callable[[], Awaitable[T]], what: str, *, within_s: float = 15.0) -> T:
    """The first truthy value of `fact`; fails with `what` and the last value seen."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while True:
        value = await fact()
        if value:
            return value
        if loop.time() > deadline:
            raise AssertionError(f"{what}: not within {within_s} s; last seen: {value!r}")
        await asyncio.sleep(POLL_S)

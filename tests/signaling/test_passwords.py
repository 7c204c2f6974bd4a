"""Passwords are hashed slowly, a few at a time, and never more wait than can be served soon."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from argon2 import PasswordHasher, extract_parameters

from signaling.errors import ErrorCode, SignalingError
from signaling.passwords import AT_ONCE, MAX_WAITING, Passwords

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Held(PasswordHasher):
    """Hashes nothing until it is let go, and knows how many are at it."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.let_go = threading.Event()
        self.at_it = 0
        self.most = 0
        self._lock = threading.Lock()

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self._lock:
            self.at_it += 1
            self.most = max(self.most, self.at_it)
        self.let_go.wait(10)
        with self._lock:
            self.at_it -= 1
        return super().hash(password, salt=salt)


async def test_a_hash_is_of_argon2id_and_of_its_password_alone() -> None:
    passwords = Passwords(QUICK)
    made = await passwords.hash("open sesame")
    assert made.startswith("$argon2id$")
    assert await passwords.verify(made, "open sesame")
    assert not await passwords.verify(made, "open barley")
    assert not await passwords.verify("no hash at all", "open sesame")


async def test_a_few_are_hashed_at_once_and_who_comes_when_too_many_wait_is_asked_to_come_back() -> None:
    hasher = Held()
    passwords = Passwords(hasher)
    waiting = [asyncio.create_task(passwords.hash(str(n))) for n in range(MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(SignalingError) as refused:
        await passwords.hash("one too many")
    assert refused.value.code is ErrorCode.UNAVAILABLE
    assert refused.value.retry_after is not None
    hasher.let_go.set()
    assert len(await asyncio.gather(*waiting)) == MAX_WAITING
    assert hasher.most <= AT_ONCE
    await passwords.hash("there is room again")


async def test_a_decoy_takes_as_long_as_a_real_hash_and_no_password_opens_it() -> None:
    passwords = Passwords()
    real, decoy = await passwords.hash("open sesame"), passwords.decoy()
    assert extract_parameters(decoy) == extract_parameters(real)
    assert passwords.decoy() != decoy
    took = {}
    for name, stored in (("real", real), ("decoy", decoy)):
        began = time.perf_counter()
        assert not await passwords.verify(stored, "open barley")
        took[name] = time.perf_counter() - began
    assert 0.1 < took["decoy"] / took["real"] < 10, "far apart would be a look-up against a hash; the machine is shared"

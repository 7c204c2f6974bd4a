"""Passwords of meetings and accounts: argon2id, in a thread, since it is slow on purpose."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from signaling.errors import ErrorCode, SignalingError

AT_ONCE = 2
"""Each check takes tens of MiB and of milliseconds: so many run side by side, the rest wait."""

MAX_WAITING = 128
"""So many may wait, a class at the door of a meeting with a password; whoever comes then is asked to come back."""

RETRY_AFTER_S = 5.0
T = TypeVar("T")


class Passwords:
    """One to a process. Raises SignalingError UNAVAILABLE while more are waiting than can be served soon."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        return await self._in_turn(lambda: self._hasher.hash(password))

    async def verify(self, password_hash: str, password: str) -> bool:
        return await self._in_turn(lambda: self._matches(password_hash, password))

    def decoy(self) -> str:
        """A hash that no password has, as slow to check as a real one."""
        hasher = self._hasher
        salt, digest = (
            base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
            for length in (hasher.salt_len, hasher.hash_len)
        )
        cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
        return f"$argon2id$v=19${cost}${salt}${digest}"

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise SignalingError(ErrorCode.UNAVAILABLE, "Too many passwords are being checked.", RETRY_AFTER_S)
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

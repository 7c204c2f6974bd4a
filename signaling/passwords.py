"""Passwords of meetings and accounts: argon2id, in a thread, since it is slow on purpose."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from signaling.errors import ErrorCode, SignalingError

AT_ONCE = 2
"""Each check takes tens of MiB and of milliseconds: so many run side by side, the rest wait."""

MAX_WAITING = 128
"""So many may wait, a class at the door of a meeting with a password; whoever comes then is asked to come back."""

RETRY_AFTER_S = 5.0


class Tries(Protocol):
    """How often somebody may still be wrong."""

    async def check(self) -> None:
        """Raises SignalingError RATE_LIMITED."""
        ...

    async def spend(self) -> None: ...


class Passwords:
    """One for accounts and one for meetings, so that a crowd before a meeting keeps nobody from signing in.

    Raises SignalingError UNAVAILABLE while more are waiting than can be served soon.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        async with self._in_turn():
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password_hash: str, password: str, tries: Tries | None = None) -> bool:
        """Raises RATE_LIMITED when `tries` are used up, without a look at the password."""
        if tries is not None:
            await tries.check()
        async with self._in_turn():
            if tries is not None:
                # Again, now that it is looked at: of many who wait together only so many may be wrong.
                await tries.check()
            right = await asyncio.to_thread(self._matches, password_hash, password)
            if tries is not None and not right:
                await tries.spend()
            return right

    def decoy(self) -> str:
        """A hash that no password has, as slow to check as a real one."""
        hasher = self._hasher
        salt, digest = (
            base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
            for length in (hasher.salt_len, hasher.hash_len)
        )
        cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
        return f"$argon2id$v=19${cost}${salt}${digest}"

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        if self._waiting >= MAX_WAITING:
            raise SignalingError(ErrorCode.UNAVAILABLE, "Too many passwords are being checked.", RETRY_AFTER_S)
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

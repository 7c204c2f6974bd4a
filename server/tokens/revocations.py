"""Tokens that are over before their time, known to every node within seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from persistence.errors import PersistenceError
from persistence.events import Payload
from persistence.repositories import Revocation

LOOK_EVERY_S: Final = 2.0
"""Another node's revocation is known here this much later at the most, while the database answers."""

OVERLAP: Final = timedelta(seconds=60)
"""Clocks of nodes differ, and a row may be committed later than it says: what was just read is read again."""

TIDY_EVERY_S: Final = 60.0

MAX_KNOWN: Final = 100_000
"""Revocations held in memory. Beyond, those that expire first are forgotten first."""

log = structlog.get_logger()


class RevokedTokens(Protocol):
    async def add(
        self, ids: Sequence[str], *, expires_at: datetime, fact: Payload | None = None
    ) -> list[Revocation]: ...

    async def since(self, moment: datetime | None, *, limit: int) -> list[Revocation]: ...


class Revocations:
    """Answers at once, from memory, whether a token is revoked. `now` answers seconds since the epoch."""

    def __init__(self, stored: RevokedTokens, *, now: Callable[[], float], most: int = MAX_KNOWN) -> None:
        self._stored = stored
        self._now = now
        self._most = most
        self._until: dict[str, float] = {}
        self._seen_until: datetime | None = None
        self._tidy_at = 0.0
        self._watching: asyncio.Task[None] | None = None
        self.failures = 0

    @property
    def known(self) -> int:
        """How many are held."""
        return len(self._until)

    def holds(self, token_ids: Iterable[str]) -> bool:
        return any(token_id in self._until for token_id in token_ids)

    async def revoke(self, *token_ids: str, ttl_s: float, fact: Payload | None = None) -> None:
        """For good: no token with one of these ids is taken any more. `ttl_s`: how long one could still have lived.

        `fact` tells of it where somebody else did it than whose tokens they are.
        """
        if token_ids:
            expires_at = datetime.fromtimestamp(self._now() + ttl_s, UTC)
            self._learn(await self._stored.add(token_ids, expires_at=expires_at, fact=fact))

    async def start(self) -> None:
        """Know what was revoked before, then keep looking."""
        await self.look()
        self._watching = asyncio.create_task(self._watch(), name="revocations")

    async def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
            self._watching = None

    async def look(self) -> None:
        """Learn what other nodes revoked. Raises PersistenceError; what is known stays known."""
        began = datetime.fromtimestamp(self._now(), UTC)
        since = None if self._seen_until is None else self._seen_until - OVERLAP
        self._learn(await self._stored.since(since, limit=self._most))
        self._seen_until = began

    def _learn(self, revocations: list[Revocation]) -> None:
        for revocation in revocations:
            until = revocation.expires_at.timestamp()
            self._until[revocation.id] = max(until, self._until.get(revocation.id, until))
        if len(self._until) > self._most or self._now() >= self._tidy_at:
            self._tidy()

    def _tidy(self) -> None:
        """Forget what has expired, and what is too many. Takes tens of milliseconds when many are held."""
        now = self._now()
        self._tidy_at = now + TIDY_EVERY_S
        by_end = sorted(self._until.items(), key=lambda entry: entry[1])
        self._until = dict(entry for entry in by_end[-self._most :] if entry[1] > now)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except PersistenceError as error:
                self.failures += 1
                log.warning("revocations_unknown", code=error.code)

"""Takes one endpoint through the log: in order, each event until it is taken."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final, Literal

import orjson
import structlog
import uuid_utils

from config.outgoing import WebhookSettings
from persistence.events import CATALOGUE, SERVER_LOG, WebhookDisabled
from persistence.feed import PlacedEvent
from persistence.repositories.webhook_progress import Standing
from persistence.repositories.webhooks import Delivery, Endpoint
from persistence.store import Store
from server.webhooks.selection import addressed_to, choose
from server.webhooks.sender import Message, Outcome, Sender

PORTION: Final = 64
"""Events that are sent before the cursor is kept: so many may come again after a crash."""

SKIPPED: Final = 1_000
"""Positions that were of no interest before the cursor is kept for their sake."""

IDLE_S: Final = 60.0
LEAST_FAILURES: Final = 5
"""Before an endpoint is given up, however long ago the first was: the server itself may have been away."""

ALERTS: Final = frozenset({"alert.fired", "alert.recovered"})
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Retries:
    """When to try again, and when to give up."""

    base_s: float
    cap_s: float
    disable_after_s: float

    @classmethod
    def of(cls, settings: WebhookSettings) -> Retries:
        return cls(settings.retry_base_s, settings.retry_cap_s, settings.disable_after_s)

    def wait_s(self, failures: int, asked_s: float | None, rng: Random) -> float:
        """Exponential, with jitter over the upper half; longer when the receiver asked for it, up to the cap."""
        most = min(self.cap_s, self.base_s * 2.0 ** min(failures - 1, 32))
        return max(rng.uniform(most / 2, most), min(asked_s or 0.0, self.cap_s))

    def exhausted(self, failures: int, failing_s: float) -> bool:
        return failures >= LEAST_FAILURES and failing_s >= self.disable_after_s


class Courier:
    """`run` ends when the endpoint is given up or is another one by now; whoever started it looks then anew."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        store: Store,
        sender: Sender,
        retries: Retries,
        clock: Callable[[], datetime],
        rng: Random,
        outcomes: Counter[str],
    ) -> None:
        self.endpoint = endpoint
        self._store = store
        self._sender = sender
        self._retries = retries
        self._clock = clock
        self._rng = rng
        self._outcomes = outcomes
        chosen = choose(endpoint.event_types, CATALOGUE)
        self._types = chosen
        self._looked_at = None if chosen is None else chosen | ALERTS
        self._kept_cursor = endpoint.cursor
        self._tries: list[Delivery] = []
        self._over = False
        self._standing = Standing(
            cursor=endpoint.cursor,
            failures=endpoint.failures,
            failing_since=endpoint.failing_since,
            retry_at=endpoint.retry_at,
            last_error=endpoint.last_error,
            last_delivered_at=endpoint.last_delivered_at,
        )

    @property
    def behind(self) -> int:
        """Positions of the log that are still to be looked at."""
        return max(0, self._store.feed.head - self._standing.cursor)

    @property
    def failures(self) -> int:
        return self._standing.failures

    async def run(self) -> None:
        """Raises `UnavailableError` without a database; what was taken by then may be sent again."""
        while not self._over:
            if self._standing.retry_at is not None:
                await asyncio.sleep(max(0.0, (self._standing.retry_at - self._clock()).total_seconds()))
            if await self._store.feed.beyond(self._standing.cursor, within_s=IDLE_S):
                await self._deliver_portion()

    async def settle(self) -> None:
        """Keep what was taken, after `run` was cancelled."""
        if not self._over and (self._tries or self._standing.cursor != self._kept_cursor):
            await self._keep()

    async def _deliver_portion(self) -> None:
        stretch = await self._store.feed.read(self._standing.cursor, types=self._looked_at, limit=PORTION)
        for event in stretch.events:
            if not self._wants(event):
                continue
            outcome = await self._try(event)
            if not outcome.delivered:
                await self._note_failure(outcome)
                return
            self._standing = Standing(cursor=event.position, last_delivered_at=self._clock())
        self._standing = replace(self._standing, cursor=stretch.end)
        if self._tries or self._standing.cursor - self._kept_cursor >= SKIPPED:
            await self._keep()

    def _wants(self, event: PlacedEvent) -> bool:
        if event.type in ALERTS and addressed_to(self.endpoint.id, event.payload):
            return True
        if self.endpoint.meeting_id not in {None, event.meeting_id}:
            return False
        return self._types is None or event.type in self._types

    async def _try(self, event: PlacedEvent) -> Outcome:
        endpoint, now = self.endpoint, self._clock()
        secrets = [endpoint.secret]
        if endpoint.previous_secret and endpoint.previous_until and endpoint.previous_until > now:
            secrets.append(endpoint.previous_secret)
        outcome = await self._sender.post(endpoint.url, message_of(event), secrets)
        self._outcomes[outcome.word] += 1
        self._tries.append(
            Delivery(
                id=str(uuid_utils.uuid7()),
                event_id=event.event_id,
                type=event.type,
                position=event.position,
                attempt=self._standing.failures + 1,
                at=now,
                duration_ms=round(outcome.duration_s * 1000),
                outcome=outcome.word,
                status=outcome.status,
            )
        )
        return outcome

    async def _note_failure(self, outcome: Outcome) -> None:
        now, before = self._clock(), self._standing
        failures, since = before.failures + 1, before.failing_since or now
        wait = timedelta(seconds=self._retries.wait_s(failures, outcome.retry_after_s, self._rng))
        word = f"status {outcome.status}" if outcome.status is not None else outcome.word
        self._standing = replace(before, failures=failures, failing_since=since, retry_at=now + wait, last_error=word)
        failing_s = (now - since).total_seconds()
        log.warning("webhook_failed", endpoint_id=self.endpoint.id, outcome=word, failures=failures)
        if outcome.word == "gone":
            await self._give_up("gone", failing_s)
        elif self._retries.exhausted(failures, failing_s):
            await self._give_up("failing", failing_s)
        else:
            await self._keep()

    async def _give_up(self, reason: Literal["gone", "failing"], failing_s: float) -> None:
        disabled = WebhookDisabled(
            endpoint_id=self.endpoint.id,
            reason=reason,
            failures=self._standing.failures,
            failing_s=failing_s,
            last_error=self._standing.last_error or reason,
        )
        await self._store.emitter.emit(SERVER_LOG, disabled)
        self._standing = replace(self._standing, retry_at=None)
        await self._keep(disabled=reason)
        self._over = True

    async def _keep(self, *, disabled: str | None = None) -> None:
        kept = await self._store.webhook_progress.keep(
            self.endpoint, self._standing, self._tries, kept_cursor=self._kept_cursor, disabled=disabled
        )
        self._tries = []
        self._kept_cursor = self._standing.cursor
        self._over = self._over or not kept


def message_of(event: PlacedEvent) -> Message:
    """As a receiver gets it (Standard Webhooks, "Payload structure")."""
    told = event.model_dump(mode="json")
    return Message(event.event_id, orjson.dumps({"type": event.type, "timestamp": told["timestamp"], "data": told}))

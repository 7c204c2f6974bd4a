"""This node at a glance and over the last minutes: what operators look at first (REQUIREMENTS EVT-12, WEB-5).

Points are taken whether anybody looks or not, so that who opens the page because something is wrong sees how it began.
What has to be asked of the database is asked apart: with the database away the rest is still told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from persistence.background import Background
from persistence.errors import PersistenceError
from persistence.repositories.alerts import Alert
from persistence.store import Store
from server.api.contract import Answer
from sfu.fleet import Fleet
from signaling.rooms import Registry

SAMPLE_S: Final = 2.0
KEPT: Final = 150
"""Points: five minutes."""

LOOK_S: Final = 5.0
MOST_ALERTS: Final = 20
_COUNTED: Final = ("bytes_in", "bytes_out", "packets_in", "packets_out")

log = structlog.get_logger(__name__)


class Point(Answer):
    """One look. `*_rate` are a second, since the look before: bits and packets of media, events into the record.

    `load` is the share of a core that the busiest worker takes, `lag_s` for how long the oldest event has waited for
    the database, `backlog_bytes` how much waits.
    """

    at: datetime
    rooms: int
    people: int
    producers: int
    consumers: int
    bits_in_rate: float
    bits_out_rate: float
    packets_in_rate: float
    packets_out_rate: float
    event_rate: float
    load: float
    lag_s: float
    backlog_bytes: int


class Attention(Answer):
    """What waits for somebody, in the whole record and not only this node's.

    `webhook_backlog`: events that the slowest endpoint which is not disabled has to look at yet.
    """

    at: datetime
    failed_events: int
    endpoints: int
    endpoints_disabled: int
    endpoints_failing: int
    webhook_backlog: int
    alerts: list[Alert]
    alerts_left_out: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Counters at one look: `media` by worker and name, each since that worker began."""

    at: float
    media: dict[tuple[int, str], float]
    events: float


class Overview:
    """Owns two tasks. `clock` is the wall's, `monotonic` in seconds."""

    def __init__(
        self,
        store: Store,
        fleet: Fleet,
        registry: Registry,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._fleet = fleet
        self._registry = registry
        self._clock = clock
        self._monotonic = monotonic
        self._sampling = Background()
        self._looking = Background()
        self._before: Counted | None = None
        self.points: deque[Point] = deque(maxlen=KEPT)
        self.attention: Attention | None = None

    async def start(self) -> None:
        self._sampling.begin(self._sample_on(), name="overview points")
        self._looking.begin(self._look_on(), name="overview attention")

    async def stop(self) -> None:
        await self._looking.end()
        await self._sampling.end()

    def sample(self) -> None:
        """Take a point."""
        rooms, plain = self._registry.counts(), self._store.metrics()
        loads = {worker["index"]: worker["load"] for worker in self._fleet.workers() if worker["load"]}
        media = {(index, name): float(load[name]) for index, load in loads.items() for name in _COUNTED}
        counted = Counted(self._monotonic(), media, plain["events_stored_total"])
        rates = _rates(self._before or counted, counted)
        self._before = counted
        self.points.append(
            Point(
                at=self._clock(),
                rooms=len(rooms),
                people=sum(room["participants"] for room in rooms),
                producers=sum(room["producers"] for room in rooms),
                consumers=sum(room["consumers"] for room in rooms),
                bits_in_rate=8 * rates["bytes_in"],
                bits_out_rate=8 * rates["bytes_out"],
                packets_in_rate=rates["packets_in"],
                packets_out_rate=rates["packets_out"],
                event_rate=rates["events"],
                load=max((load["cpu"] for load in loads.values()), default=0.0),
                lag_s=plain["writer_lag_seconds"],
                backlog_bytes=int(plain["journal_backlog_bytes"]),
            )
        )

    async def look(self) -> None:
        """At what waits for somebody. Raises `UnavailableError`; what was known before stays known."""
        endpoints = await self._store.webhooks.all()
        enabled = [endpoint for endpoint in endpoints if endpoint.enabled]
        lasting, more = await self._store.alerts.lasting(limit=MOST_ALERTS)
        self.attention = Attention(
            at=self._clock(),
            failed_events=await self._store.failed_events.count(),
            endpoints=len(endpoints),
            endpoints_disabled=len(endpoints) - len(enabled),
            endpoints_failing=sum(endpoint.failures > 0 for endpoint in enabled),
            webhook_backlog=max((self._store.feed.head - endpoint.cursor for endpoint in enabled), default=0),
            alerts=lasting,
            alerts_left_out=more,
        )

    async def _sample_on(self) -> None:
        while True:
            self.sample()
            await asyncio.sleep(SAMPLE_S)

    async def _look_on(self) -> None:
        while True:
            try:
                await self.look()
            except PersistenceError as error:
                log.info("the overview waits for the database", code=error.code)
            await asyncio.sleep(LOOK_S)


def _rates(before: Counted, now: Counted) -> dict[str, float]:
    passed = now.at - before.at
    grown: dict[str, float] = dict.fromkeys(_COUNTED, 0.0)
    for (index, name), value in now.media.items():
        earlier = before.media.get((index, name), value)
        # A worker that began anew counts from nothing.
        grown[name] += value - earlier if value >= earlier else value
    grown["events"] = now.events - before.events
    return {name: value / passed if passed > 0 else 0.0 for name, value in grown.items()}


def busiest(rooms: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Those with the most people first."""
    return sorted(rooms, key=lambda room: (-room["counts"]["participants"], room["meeting_id"]))[:most]

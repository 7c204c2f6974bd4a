"""What one address may do before anybody has said who they are (cases 43 and 44)."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final

from config.rates import RateSettings
from signaling.rates.quota import Quota, Quotas, address_key

MAX_WAITING: Final = 4096
"""Connections of all addresses that have not said who they are."""

CONNECT_WITHIN_S: Final = 5.0
MAX_SHUT_OUT: Final = 10_000
"""Addresses remembered as shut out. Beyond, the one that was shut out first is let in again."""

COME_BACK_S: Final = 5.0


class Addresses:
    """Counts connections by address. `refused` is told why somebody was; `clock` answers seconds."""

    def __init__(
        self, rates: RateSettings, quotas: Quotas, *, clock: Callable[[], float], refused: Callable[[str], None]
    ) -> None:
        self._rates = rates
        self._quotas = quotas
        self._clock = clock
        self._refused = refused
        self._failures = Quota("failures", rates.failures_per_min, 60)
        self._shut_out: OrderedDict[str, float] = OrderedDict()
        self._address_of: dict[str, str] = {}
        self._connections: Counter[str] = Counter()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._waiting: Counter[str] = Counter()

    def wait_s(self, address: str) -> float:
        """0 when a connection from there may be opened, else the seconds after which it may be tried again."""
        if not self._rates.enabled:
            return 0.0
        key = address_key(address)
        if shut_s := self._shut_out_s(key):
            self._refused("shut_out")
            return shut_s
        if len(self._timers) >= MAX_WAITING or self._waiting[key] >= self._rates.waiting_per_address:
            self._refused("too_many_waiting")
            return COME_BACK_S
        if self._connections[key] >= self._rates.connections_per_address:
            self._refused("too_many_connections")
            return COME_BACK_S
        return 0.0

    def enter(self, connection: str, address: str, late: Callable[[], None]) -> None:
        """The connection stands, and has so long to say who it is before `late` is called."""
        key = address_key(address)
        self._address_of[connection] = key
        self._connections[key] += 1
        self.wait(connection, late)

    def wait(self, connection: str, late: Callable[[], None]) -> None:
        """It has to say who it is, for the first time or once more."""
        key = self._address_of.get(connection)
        if key is not None and connection not in self._timers:
            self._timers[connection] = asyncio.get_running_loop().call_later(CONNECT_WITHIN_S, late)
            self._waiting[key] += 1

    def known(self, connection: str) -> None:
        """It has said who it is."""
        timer = self._timers.pop(connection, None)
        if timer is not None:
            timer.cancel()
            _less(self._waiting, self._address_of[connection])

    def leave(self, connection: str) -> None:
        self.known(connection)
        key = self._address_of.pop(connection, None)
        if key is not None:
            _less(self._connections, key)

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def failed(self, address: str) -> None:
        """A token from there was refused. Too many of those, and nobody from there is let in for a while."""
        key = address_key(address)
        if self._rates.enabled and await self._quotas.spend(self._failures, key):
            self._shut_out[key] = self._clock() + self._rates.shut_out_s
            self._shut_out.move_to_end(key)
            if len(self._shut_out) > MAX_SHUT_OUT:
                self._shut_out.popitem(last=False)

    def shut_out_s(self, address: str) -> float:
        """How long nobody from there is listened to; 0 when they are."""
        return self._shut_out_s(address_key(address))

    def _shut_out_s(self, key: str) -> float:
        left = self._shut_out.get(key, 0.0) - self._clock()
        if left > 0:
            return left
        self._shut_out.pop(key, None)
        return 0.0


def _less(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]

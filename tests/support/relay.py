"""A bad network between a browser and a worker: a UDP relay whose every decision comes from one seed.

A browser is told the relay's port instead of the worker's (`through`); each address that sends to the relay gets a
socket of its own towards the worker, as behind a NAT.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import BrowserContext

Address = tuple[str, int]

_SCRIPT = """
(() => {
  const inner = RTCPeerConnection.prototype.setRemoteDescription
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const lines = description.sdp.split('\\r\\n').filter((line) => !/^a=candidate:.* tcp /i.test(line))
    const sdp = lines.map((line) => line.startsWith('a=candidate:')
      ? line.replace(/ (\\d+) typ /, (_, port) => ` ${(%s)[port] ?? port} typ `) : line).join('\\r\\n')
    return inner.call(this, { type: description.type, sdp })
  }
})()
"""


@dataclass(frozen=True)
class Weather:
    """One direction. Probabilities 0 to 1; `rate_bps` 0 is unlimited; a queue longer than `queue_ms` drops at its tail.

    `burst`: mean length in packets of a loss; 1 loses each packet by itself.
    """

    loss: float = 0.0
    burst: float = 1.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    reorder: float = 0.0
    """Share of packets that come up to `jitter_ms` late and are overtaken; the others keep their order."""
    duplicate: float = 0.0
    rate_bps: int = 0
    queue_ms: float = 300.0


FAIR = Weather()


class Lane:
    """What becomes of each datagram in one direction. `now` is an argument; nothing here waits."""

    def __init__(self, weather: Weather, seed: int) -> None:
        self.weather = weather
        self.fates: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._bad = False
        self._free_at = 0.0
        self._last_arrival = 0.0

    def arrivals(self, size: int, now: float) -> list[float]:
        """When it arrives: never, once, or twice."""
        if self._is_lost():
            self.fates["lost"] += 1
            return []
        weather = self.weather
        departs = now
        if weather.rate_bps:
            departs = max(now, self._free_at)
            if departs - now > weather.queue_ms / 1000:
                self.fates["queue_full"] += 1
                return []
            departs += size * 8 / weather.rate_bps
            self._free_at = departs
        arrives = departs + weather.delay_ms / 1000
        if self._random.random() < weather.reorder:
            self.fates["reordered"] += 1
            late = [arrives + self._random.random() * weather.jitter_ms / 1000]
        else:
            self._last_arrival = max(arrives, self._last_arrival)
            late = [self._last_arrival]
        self.fates["delivered"] += 1
        if self._random.random() < weather.duplicate:
            self.fates["duplicated"] += 1
            late *= 2
        return late

    def _is_lost(self) -> bool:
        """Gilbert's model: good and bad spells, all is lost in bad ones."""
        loss, burst = self.weather.loss, max(self.weather.burst, 1.0)
        if burst == 1.0:
            return self._random.random() < loss
        leave_bad = 1 / burst
        enter_bad = leave_bad * loss / max(1 - loss, 1e-9)
        self._bad = self._random.random() >= leave_bad if self._bad else self._random.random() < enter_bad
        return self._bad


class Relay(asyncio.DatagramProtocol):
    """Made by `relay()`. `up` is towards the worker, `down` towards the browser; both may be changed at any time."""

    def __init__(self, worker: Address, seed: int) -> None:
        self.worker = worker
        self.up = Lane(FAIR, seed)
        self.down = Lane(FAIR, seed + 1)
        self._own: asyncio.DatagramTransport | None = None
        self._behind: dict[Address, asyncio.DatagramTransport] = {}
        self._making: dict[Address, asyncio.Task[None]] = {}

    @property
    def port(self) -> int:
        assert self._own is not None
        return int(self._own.get_extra_info("sockname")[1])

    def set(self, *, up: Weather = FAIR, down: Weather = FAIR) -> None:
        self.up.weather, self.down.weather = up, down

    def rebind(self) -> None:
        """The NAT forgets: from now on everybody comes from another port."""
        for transport in self._behind.values():
            transport.close()
        self._behind.clear()

    async def through(self, context: BrowserContext) -> None:
        """Pages of this context reach the worker by the relay only."""
        await context.add_init_script(_SCRIPT % {str(self.worker[1]): self.port})

    def connection_made(self, transport: Any) -> None:
        self._own = transport

    def datagram_received(self, data: bytes, address: Address) -> None:
        behind = self._behind.get(address)
        if behind is None:
            if address not in self._making:
                self._making[address] = asyncio.create_task(self._make(address))
            return  # lost while the NAT makes up its mind; the first is a check, and comes again
        _later(self.up, data, behind.sendto)

    async def _make(self, address: Address) -> None:
        loop = asyncio.get_running_loop()
        back = _Behind(self, address)
        self._behind[address], _ = await loop.create_datagram_endpoint(lambda: back, remote_addr=self.worker)
        del self._making[address]

    def answer(self, data: bytes, address: Address) -> None:
        own = self._own
        if own is not None:
            _later(self.down, data, lambda datagram: own.sendto(datagram, address))

    def close(self) -> None:
        for task in self._making.values():
            task.cancel()
        self.rebind()
        if self._own is not None:
            self._own.close()


class _Behind(asyncio.DatagramProtocol):
    """The relay's end towards the worker for one browser socket."""

    def __init__(self, owner: Relay, address: Address) -> None:
        self._owner = owner
        self._address = address

    def datagram_received(self, data: bytes, _worker: Address) -> None:
        self._owner.answer(data, self._address)

    def error_received(self, _error: Exception) -> None:
        """A worker that is gone; the page notices by itself."""


def _later(lane: Lane, data: bytes, deliver: Callable[[bytes], None]) -> None:
    loop = asyncio.get_running_loop()
    now = loop.time()
    for arrives in lane.arrivals(len(data), now):
        if arrives <= now:
            deliver(data)
        else:
            loop.call_at(arrives, _deliver, deliver, data)


def _deliver(deliver: Callable[[bytes], None], data: bytes) -> None:
    """Closed in between: what is under way is lost."""
    try:
        deliver(data)
    except (OSError, AttributeError):
        return


@asynccontextmanager
async def relay(worker_port: int, seed: int) -> AsyncIterator[Relay]:
    """A relay on 127.0.0.1 towards the worker on 127.0.0.1."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: Relay(("127.0.0.1", worker_port), seed), local_addr=("127.0.0.1", 0)
    )
    try:
        yield protocol
    finally:
        protocol.close()
        transport.close()

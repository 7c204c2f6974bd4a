"""TCP connections before they have said anything: so many from one address, and so long for a request's header.

aiohttp waits for a header as long as somebody keeps sending one. This stands between it and the transport.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, cast

from aiohttp import web

from server.client_address import TrustedProxies
from signaling.rates.quota import address_key

HEADER_WITHIN_S: Final = 10.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Connections:
    """All that are open. `refused` counts by reason those that were closed by us."""

    def __init__(
        self, *, most_per_address: int, trusted: TrustedProxies, header_within_s: float = HEADER_WITHIN_S
    ) -> None:
        self._most = most_per_address
        self._trusted = trusted
        self.header_within_s = header_within_s
        self._open: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def guard(self, protocol: asyncio.Protocol) -> Connection:
        return Connection(self, protocol)

    def enter(self, address: str) -> bool:
        """Whether one more from there may be open. A proxy's connections are of many clients, whom others count."""
        if self._trusted.trusts(address):
            return True
        key = address_key(address)
        if self._open[key] >= self._most:
            self.refused["too_many_connections"] += 1
            return False
        self._open[key] += 1
        return True

    def leave(self, address: str) -> None:
        key = address_key(address)
        if self._open[key] > 0:
            self._open[key] -= 1
        if not self._open[key]:
            del self._open[key]

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The header has come. Whatever comes once the request is answered begins another."""
        protocol = request.transport.get_protocol() if request.transport is not None else None
        if not isinstance(protocol, Connection):
            return await handler(request)
        protocol.begin_serving()
        try:
            return await handler(request)
        finally:
            protocol.end_serving()


class Connection(asyncio.Protocol):
    """One connection: passes everything on to aiohttp's protocol, and closes what takes too long to ask."""

    def __init__(self, owner: Connections, inner: asyncio.Protocol) -> None:
        self._owner = owner
        self._inner = inner
        self._address: str | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._serving = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's are, and do not say so
        address = (transport.get_extra_info("peername") or ("",))[0]
        if not self._owner.enter(address):
            transport.abort()
            return
        self._address = address
        self._transport = transport
        self._expect_header()
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._address is None:
            return
        if not self._serving and self._timer is None:
            self._expect_header()
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._address is not None else None

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self._stop_waiting()
        if self._address is not None:
            self._owner.leave(self._address)
            self._address = None
            self._inner.connection_lost(error)

    def begin_serving(self) -> None:
        self._stop_waiting()
        self._serving += 1

    def end_serving(self) -> None:
        self._serving -= 1

    def _expect_header(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._owner.header_within_s, self._too_late)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        self._owner.refused["slow_header"] += 1
        if self._transport is not None:
            self._transport.abort()

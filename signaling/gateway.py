"""Socket.IO at the door: who is let in, and as whom. How its packets travel is the business of `socket_server`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import socketio
from aiohttp import web

from config.settings import Settings
from sfu.ports import Rooms
from signaling.counters import Counters
from signaling.errors import ErrorCode
from signaling.guards import Guards
from signaling.identity import Authenticate, Identity, Revoked, never_revoked
from signaling.messages.catalogue import NAMESPACE
from signaling.passwords import Passwords
from signaling.ports import Store
from signaling.rates.addresses import Addresses
from signaling.rates.quota import MemoryQuotas, Quotas
from signaling.rooms import Registry
from signaling.service import Signaling
from signaling.socket_server import Json, SocketLine, SocketServer

PATH: Final = "socket.io"
MAX_MESSAGE_BYTES: Final = 64 * 1024
PING_EVERY_S: Final = 10
PONG_WITHIN_S: Final = 10
CLIENT_CHARS: Final = 255


class Gateway:
    """Signaling over Socket.IO at `/socket.io/`, namespace `/meeting`.

    `authenticate` turns a token into an identity; whatever it raises refuses the handshake with UNAUTHORIZED. `revoked`
    is asked about every connection once a second; `passwords` checks those of meetings; `now` answers seconds since the
    epoch.
    """

    def __init__(
        self,
        *,
        authenticate: Authenticate,
        registry: Registry,
        media: Rooms,
        store: Store,
        settings: Settings,
        revoked: Revoked = never_revoked,
        passwords: Passwords | None = None,
        quotas: Quotas | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._authenticate = authenticate
        guards = Guards(
            authenticate=authenticate,
            revoked=revoked,
            passwords=passwords or Passwords(),
            quotas=quotas or MemoryQuotas(time.monotonic),
        )
        self._signaling = Signaling(
            registry=registry, media=media, store=store, settings=settings, guards=guards, now=now
        )
        self.addresses = Addresses(
            settings.rates,
            guards.quotas,
            clock=time.monotonic,
            refused=self.counters.refuse,
        )
        self._server = SocketServer(
            self.counters,
            self.addresses,
            async_mode="aiohttp",
            async_handlers=False,
            json=Json,
            namespaces=[NAMESPACE],
            cors_allowed_origins=allowed_origins(settings.http.cors_origins),
            cors_credentials=False,
            max_http_buffer_size=MAX_MESSAGE_BYTES,
            ping_interval=PING_EVERY_S,
            ping_timeout=PONG_WITHIN_S,
            logger=False,
            engineio_logger=False,
        )
        self._server.on("connect", self._connect, namespace=NAMESPACE)
        self._server.on("disconnect", self._disconnect, namespace=NAMESPACE)

    @property
    def counters(self) -> Counters:
        return self._signaling.counters

    @property
    def sessions(self) -> int:
        """How many are connected."""
        return len(self._signaling)

    def mount(self, app: web.Application) -> None:
        self._server.attach(app, PATH)

    async def start(self) -> None:
        self._signaling.start()
        await self._signaling.revive()

    async def stop(self) -> None:
        """Every session is ended and recorded before its connection goes."""
        await self._signaling.stop()
        await self._server.close_all()

    async def ready(self) -> str | None:
        """None when clients are served, else why not."""
        return None if self._signaling.accepting else "signaling does not accept connections"

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: object) -> None:
        if not self._signaling.accepting:
            raise _refusal(ErrorCode.UNAVAILABLE, "The server is stopping.")
        engine_id = self._server.engine_id_of(sid)
        address = environ["aiohttp.request"].remote or ""
        identity = await self._identify(auth, address)
        if not self._server.stands(engine_id):
            raise _refusal(ErrorCode.UNAVAILABLE, "The connection was lost.")
        client = str(environ.get("HTTP_USER_AGENT", ""))[:CLIENT_CHARS] or None
        line = SocketLine(self._server, engine_id)
        session = self._signaling.connect(sid, identity, line, client=client, address=address)
        self._server.admit(engine_id, session)

    async def _disconnect(self, sid: str, reason: str) -> None:
        """Who says goodbye has left; whose connection is lost is waited for."""
        engine_id = self._server.engine_id_of(sid)
        session = self._server.dismiss(engine_id)
        if session is None:
            return
        if reason in _GOODBYES or self._server.said_goodbye(engine_id):
            session.end("disconnected")
        else:
            session.lose()

    async def _identify(self, auth: object, address: str) -> Identity:
        token = auth.get("token") if isinstance(auth, dict) else None
        if isinstance(token, str):
            # One answer for whatever is wrong with a token: the reasons are nobody's business outside.
            with contextlib.suppress(Exception):
                return await self._authenticate(token)
        self.counters.refused["unauthorized"] += 1
        await self.addresses.failed(address)
        raise _refusal(ErrorCode.UNAUTHORIZED, "The token is missing or not valid.")


_GOODBYES: Final = frozenset({socketio.AsyncServer.reason.CLIENT_DISCONNECT, "flooding", "malformed"})


def _refusal(code: ErrorCode, message: str) -> Exception:
    refusal: Exception = socketio.exceptions.ConnectionRefusedError(message, {"code": code, "message": message})
    return refusal


def allowed_origins(configured: tuple[str, ...]) -> Callable[[str, Mapping[str, Any]], bool] | None:
    """Whose pages may connect: the server's own and the configured. None leaves the first half to the library."""

    def allowed(origin: str, environ: Mapping[str, Any]) -> bool:
        return origin in configured or urlsplit(origin).netloc == environ.get("HTTP_HOST")

    return allowed if configured else None

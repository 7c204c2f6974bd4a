"""Socket.IO as we need it. Handshake, framing, acks; nothing about meetings, nor about who somebody is.

python-socketio is bent in seven places, each because of something measured: an address that asks too often is turned
away before a connection is made; packets with binary parts are refused before their parts are kept; a connection that
never says CONNECT is closed; what waits for a client that does not read is bounded; events go to the session's inbox
with their ack id, instead of each becoming a task of its own; websockets are read and written without a task for each
message (`websocket.py`); and a POST that cannot be taken ends its connection instead of being forgotten (`posts.py`).
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Hashable, Mapping
from functools import partial
from typing import Any, Final

import engineio
import orjson
import socketio
import structlog
from aiohttp import web
from engineio.exceptions import EngineIOError
from engineio.packet import Packet as EnginePacket

from signaling.counters import Counters
from signaling.errors import ErrorCode, SignalingError
from signaling.farewell import said_goodbye
from signaling.messages.catalogue import ERROR_EVENT, NAMESPACE
from signaling.messages.model import Error, Told
from signaling.outbound import Backlog
from signaling.packets import Notices, refusal_packet, reply_packet
from signaling.posts import read_packets
from signaling.rates.addresses import Addresses
from signaling.session import Session
from signaling.websocket import WebSocket

MAX_MALFORMED: Final = 16

log = structlog.get_logger(__name__)


class Json:
    """What the library expects of a json module, done by orjson."""

    @staticmethod
    def dumps(value: object, **_options: object) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_options: object) -> Any:
        return orjson.loads(text)


class Engine(engineio.AsyncServer):  # type: ignore[misc]  # the library is untyped
    """Engine.IO with a guard before it and a bounded backlog for each connection."""

    addresses: Addresses

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        library: dict[str, Any] = self._async  # type: ignore[has-type]  # untyped
        self._async = library | {"websocket": WebSocket}

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        wait_s = 0.0 if "sid" in request.query else self.addresses.wait_s(request.remote or "")
        if wait_s:
            return turned_away(wait_s)
        answer: web.StreamResponse = await super().handle_request(request)
        return answer

    def create_queue(self, *_args: object, **_kwargs: object) -> Backlog:
        return Backlog()


class Binary:
    """In place of the payload of a packet that announces binary parts, which are not kept."""


class Request:
    """An event as it came in, with the id of its ack if the client passed one."""

    def __init__(self, line: SocketLine, event: str, arguments: list[object], ack_id: int | None) -> None:
        self.event = event
        self._line = line
        self._arguments = arguments
        self._ack_id = ack_id

    @property
    def payload(self) -> object:
        if len(self._arguments) > 1:
            raise SignalingError(ErrorCode.VALIDATION, "payload: one object is expected")
        payload = self._arguments[0] if self._arguments else None
        if isinstance(payload, Binary):
            raise SignalingError(ErrorCode.VALIDATION, "payload: binary attachments are not accepted")
        return {} if payload is None else payload

    def reply(self, event: str, told: Told) -> None:
        if self._ack_id is None:
            self._line.tell(event, told)
        else:
            self._line.send(reply_packet(self._ack_id, told))

    def refuse(self, error: SignalingError) -> None:
        # The name comes back so that a client without acks can tell its requests apart; cut, as it may be anything.
        told = Error(code=error.code, message=error.message, event=self.event[:64], retry_after=error.retry_after)
        if self._ack_id is None:
            self._line.tell(ERROR_EVENT, told)
        else:
            self._line.send(refusal_packet(self._ack_id, told))


class SocketLine:
    """The way to one client: packets go into its backlog at once and in order."""

    def __init__(self, server: SocketServer, engine_id: str) -> None:
        self._server = server
        self._engine_id = engine_id

    def tell(self, event: str, told: Told) -> None:
        packet, state = self._server.notices.of(event, told)
        self._server.deliver(self._engine_id, packet, state=state)

    def send(self, packet: EnginePacket) -> None:
        self._server.deliver(self._engine_id, packet)

    def hang_up(self, reason: str) -> None:
        self._server.hang_up(self._engine_id, reason)


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]  # the library is untyped
    """The library's server, bent as the module says. Owns the tasks and timers of connections."""

    def __init__(self, counters: Counters, addresses: Addresses, **options: Any) -> None:
        super().__init__(**options)
        self.eio.addresses = addresses
        self._addresses = addresses
        self._counters = counters
        self._sessions: dict[str, Session] = {}
        self._malformed: Counter[str] = Counter()
        self._goodbyes: dict[str, asyncio.Task[None]] = {}
        self._closed = False
        self.notices = Notices()

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    # -- sending

    def deliver(self, engine_id: str, packet: EnginePacket, *, state: Hashable | None = None) -> None:
        """Put a packet into the client's backlog; hang up on a client that is too far behind. Never waits.

        `state`: what the packet says the state of. When the client is behind, it takes the place of the one before.
        """
        socket = self.eio.sockets.get(engine_id)
        if socket is None or socket.closed or engine_id in self._goodbyes:
            return
        if not socket.queue.takes(packet):
            self._counters.refused["slow_client"] += 1
            socket.queue.drop()
            self.hang_up(engine_id, "slow_client")
            return
        if state is None:
            socket.queue.put_nowait(packet)
        else:
            before = socket.queue.superseded
            socket.queue.put_state(state, packet)
            self._counters.superseded += socket.queue.superseded - before

    def hang_up(self, engine_id: str, reason: str) -> None:
        """Close the connection, without waiting for it. Nothing is sent to it from here on."""
        if engine_id in self._goodbyes:
            return
        task = asyncio.create_task(self._hang_up(engine_id, reason), name="goodbye")
        self._goodbyes[engine_id] = task
        task.add_done_callback(lambda _: self._goodbyes.pop(engine_id, None))

    async def _hang_up(self, engine_id: str, reason: str) -> None:
        socket = self.eio.sockets.get(engine_id)
        if socket is None:
            return
        log.info("connection_closed", reason=reason)
        request = self.environ.get(engine_id, {}).get("aiohttp.request")
        await socket.close(wait=False, abort=reason == "slow_client", reason=reason)
        # Closing ends the writer, the reader notices when the socket goes.
        socket.queue.put_nowait(None)
        if request is not None and request.transport is not None and reason == "slow_client":
            request.transport.abort()

    async def close_all(self) -> None:
        """End every connection, and with them all that is ours. Doing it again does nothing."""
        if self._closed:
            return
        self._closed = True
        for engine_id in list(self.eio.sockets):
            await self._hang_up(engine_id, "server_stopping")
        self._addresses.close()
        goodbyes = list(self._goodbyes.values())
        for task in goodbyes:
            task.cancel()
        await asyncio.gather(*goodbyes, return_exceptions=True)
        await self.shutdown()

    # -- receiving

    def admit(self, engine_id: str, session: Session) -> None:
        self._addresses.known(engine_id)
        self._sessions[engine_id] = session

    def dismiss(self, engine_id: str) -> Session | None:
        """The client left the namespace. Its connection, if that still stands, waits to be told who it is once more."""
        self._addresses.wait(engine_id, partial(self._waited_too_long, engine_id))
        return self._sessions.pop(engine_id, None)

    def said_goodbye(self, engine_id: str) -> bool:
        return said_goodbye(self.environ.get(engine_id, {}).get("aiohttp.request"))

    def stands(self, engine_id: str) -> bool:
        """Whether the connection is there: verifying a token may take a while."""
        socket = self.eio.sockets.get(engine_id)
        return socket is not None and not socket.closed and not socket.closing and engine_id not in self._goodbyes

    def engine_id_of(self, sid: str) -> str:
        return str(self.manager.eio_sid_from_sid(sid, NAMESPACE))

    async def _handle_eio_connect(self, engine_id: str, environ: Mapping[str, Any]) -> None:
        await super()._handle_eio_connect(engine_id, environ)
        address = environ["aiohttp.request"].remote or ""
        self._addresses.enter(engine_id, address, partial(self._waited_too_long, engine_id))
        socket = self.eio.sockets[engine_id]
        socket.handle_post_request = partial(self._take_post, engine_id, socket)

    async def _handle_eio_disconnect(self, engine_id: str, reason: str) -> None:
        await super()._handle_eio_disconnect(engine_id, reason)
        self._addresses.leave(engine_id)
        self._malformed.pop(engine_id, None)
        socket = self.eio.sockets.get(engine_id)
        if socket is not None:
            # A poll that waits for news of a connection that is over would wait until it times out.
            socket.queue.put_nowait(None)

    def _waited_too_long(self, engine_id: str) -> None:
        self._counters.refused["no_connect"] += 1
        self.hang_up(engine_id, "no_connect")

    async def _take_post(self, engine_id: str, socket: Any, environ: Mapping[str, Any]) -> None:
        """Every packet of it, or none and the connection ends: what is left out would never be answered.

        The library answers its own error with 400, and everything else with 200.
        """
        try:
            packets = await read_packets(environ["aiohttp.request"], most_bytes=self.eio.max_http_buffer_size)
        except (ValueError, LookupError, TimeoutError) as error:
            self._counters.refused["malformed"] += 1
            await self._hang_up(engine_id, "malformed")
            raise EngineIOError("the body is no payload") from error
        for packet in packets:
            await socket.receive(packet)

    async def _handle_eio_message(self, engine_id: str, data: str | bytes) -> None:
        """Binary parts are dropped as they come; whoever keeps sending what is no packet is hung up on."""
        if isinstance(data, bytes):
            self._count_malformed(engine_id)
            return
        try:
            if data[:1] == str(socketio.packet.BINARY_EVENT):
                self._take_binary(engine_id, data)
            elif data[:1] == str(socketio.packet.CONNECT) and engine_id in self._sessions:
                self._count_malformed(engine_id)
            else:
                await super()._handle_eio_message(engine_id, data)
        except (ValueError, TypeError, LookupError, RecursionError):
            self._count_malformed(engine_id)

    def _take_binary(self, engine_id: str, data: str) -> None:
        packet = self.packet_class(encoded_packet=data)
        event = packet.data[0] if isinstance(packet.data, list) and packet.data else None
        self._take(engine_id, packet.namespace, packet.id, [event, Binary()])

    async def _handle_event(self, engine_id: str, namespace: str | None, id: int | None, data: object) -> None:  # noqa: A002 - the library's name
        self._take(engine_id, namespace, id, data)

    def _take(self, engine_id: str, namespace: str | None, ack_id: int | None, data: object) -> None:
        session = self._sessions.get(engine_id)
        if session is None or namespace != NAMESPACE or not isinstance(data, list) or not data:
            raise ValueError("an event without a session or a name")
        event, *arguments = data
        if not isinstance(event, str):
            raise TypeError("the name of an event is a string")
        session.offer(Request(SocketLine(self, engine_id), event, arguments, ack_id))

    async def _handle_ack(self, engine_id: str, _namespace: str | None, _id: int | None, _data: object) -> None:
        """The server asks nothing of clients, so there is nothing to acknowledge."""
        self._count_malformed(engine_id)

    def _count_malformed(self, engine_id: str) -> None:
        self._counters.refused["malformed"] += 1
        self._malformed[engine_id] += 1
        if self._malformed[engine_id] == MAX_MALFORMED:
            self.hang_up(engine_id, "malformed")


def turned_away(wait_s: float) -> web.Response:
    """Before the connection is one: the same words as everywhere, with the status HTTP has for it."""
    told = {"code": ErrorCode.RATE_LIMITED, "message": "Too many connections.", "retry_after": math.ceil(wait_s)}
    body = orjson.dumps({"success": False, "error": told})
    headers = {"Retry-After": str(math.ceil(wait_s))}
    return web.Response(body=body, status=429, content_type="application/json", headers=headers)

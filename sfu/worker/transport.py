"""A transport: ICE credentials, the DTLS handshake and its outcome. Media itself is the data plane's.

States: new -> connecting -> connected -> closed | failed. A lost path (consent) fails a connected transport until a
path is validated again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import structlog
from aiortc.rtcdtlstransport import RTCCertificate

from sfu.commands import Direction, MediaError, Ortc
from sfu.ortc import DtlsParameters
from sfu.ortc.model import DtlsFingerprint
from sfu.worker.data import DataConsumer, DataProducer, DataStreams
from sfu.worker.dtls import DtlsAssociation, HandshakeError, Role, SrtpKeys
from sfu.worker.numbering import Numbering

State = Literal["new", "connecting", "connected", "failed", "closed"]

HANDSHAKE_DEADLINE_S = 15.0
"""From the first validated path."""
ATTEMPTS = 3
ATTEMPT_WINDOW_S = 10.0
EARLY_LIMIT = 16
"""DTLS datagrams kept for a transport whose peer is quicker than its signaling."""

log = structlog.get_logger()


class DtlsPath(Protocol):
    """What a transport needs of the data plane."""

    def restart_ice(self, transport: int, ufrag: str, password: str) -> None: ...
    def send_dtls(self, transport: int, datagram: bytes) -> None: ...
    def set_srtp_keys(self, transport: int, profile: str, rx: bytes, tx: bytes) -> None: ...


StateSink = Callable[["Transport", State, str], None]
DataSink = Callable[[DataProducer | DataConsumer, str], None]
"""Told of data that closed by itself, and why."""


def _unheard(_end: DataProducer | DataConsumer, _reason: str) -> None:
    """For those who carry no data."""


@dataclass(frozen=True)
class Surroundings:
    """What all transports of a worker share."""

    plane: DtlsPath
    certificate: RTCCertificate
    handshakes: asyncio.Semaphore
    """Handshakes in flight: each costs a millisecond of this process and can be asked for by anyone with a token."""
    changed: StateSink
    drops: Counter[str] = field(default_factory=Counter)
    data_ended: DataSink = _unheard


class IceCredentials:
    """RFC 8445 section 5.3: unguessable, made anew with each restart."""

    def __init__(self) -> None:
        self.ufrag = secrets.token_hex(16)
        self.password = secrets.token_hex(16)

    def parameters(self) -> Ortc:
        return {"usernameFragment": self.ufrag, "password": self.password, "iceLite": True}


class Transport:
    """`data` is None unless the transport was made with `sctp`."""

    def __init__(
        self,
        handle: int,
        transport_id: str,
        room_id: str,
        direction: Direction,
        around: Surroundings,
        *,
        sctp: bool = False,
    ) -> None:
        self.handle = handle
        self.id = transport_id
        self.room_id = room_id
        self.direction = direction
        self.ice = IceCredentials()
        self.state: State = "new"
        self.numbering = Numbering()
        self.data = DataStreams(around.data_ended, around.drops) if sctp else None
        self._around = around
        self._path = asyncio.Event()
        self._early: deque[bytes] = deque()
        self._association: DtlsAssociation | None = None
        self._task: asyncio.Task[None] | None = None

    def connect(self, remote: DtlsParameters) -> None:
        """Take the peer's fingerprints and role; the handshake runs by itself. Raises CONFLICT when repeated."""
        if self._task is not None or self.state == "closed":
            raise MediaError("CONFLICT", "The transport is already connected.")
        role: Role = "client" if remote.role == "server" else "server"
        self._task = asyncio.create_task(self._run(role, remote.fingerprints), name=f"transport-{self.id}")

    def restart_ice(self) -> Ortc:
        credentials = IceCredentials()
        self._around.plane.restart_ice(self.handle, credentials.ufrag, credentials.password)
        self.ice = credentials
        return credentials.parameters()

    def path_validated(self) -> None:
        """The data plane has an authenticated path, the first or a new one."""
        self._path.set()
        if self.state == "failed" and self._association is not None:
            self._change("connected")

    def consent_expired(self) -> None:
        if self.state == "connected":
            self._change("failed", "consent_expired")

    def datagram_received(self, datagram: bytes) -> None:
        if self._association is not None:
            accepted = self._association.receive(datagram)
        else:
            accepted = self.state == "new" and len(self._early) < EARLY_LIMIT
            if accepted:
                self._early.append(datagram)
        if not accepted:
            self._around.drops["dtls_queue_full"] += 1

    async def close(self) -> None:
        """Tells the peer with close_notify. No state change is told: who closes knows. Idempotent."""
        self.state = "closed"
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self, role: Role, expected: tuple[DtlsFingerprint, ...]) -> None:
        await self._path.wait()
        try:
            async with self._around.handshakes:
                self._change("connecting")
                async with asyncio.timeout(HANDSHAKE_DEADLINE_S):
                    keys = await self._handshake(role, expected)
            self._around.plane.set_srtp_keys(self.handle, keys.profile, keys.rx, keys.tx)
            self._change("connected")
            await self._require_association().wait_closed()
            self._change("closed", "peer_closed")
        except HandshakeError as failure:
            self._change("failed", failure.reason)
        except TimeoutError:
            self._change("failed", "handshake")
        except Exception:
            log.exception("transport_failed", transport_id=self.id)
            self._change("failed", "handshake")
        finally:
            await self._drop_association()

    async def _handshake(self, role: Role, expected: tuple[DtlsFingerprint, ...]) -> SrtpKeys:
        """A handshake that breaks is tried again from the start, a few times; a wrong fingerprint is not."""
        clock = asyncio.get_running_loop().time
        failures: deque[float] = deque(maxlen=ATTEMPTS)
        while True:
            self._open_association(role)
            try:
                return await self._require_association().handshake(expected)
            except HandshakeError as failure:
                failures.append(clock())
                exhausted = len(failures) == ATTEMPTS and failures[-1] - failures[0] < ATTEMPT_WINDOW_S
                if failure.reason == "fingerprint" or exhausted:
                    raise
                await self._drop_association()

    def _open_association(self, role: Role) -> None:
        self._association = DtlsAssociation(
            self._around.certificate, role, self._send, self.data.carry if self.data is not None else None
        )
        while self._early:
            self._association.receive(self._early.popleft())

    def _require_association(self) -> DtlsAssociation:
        if self._association is None:
            raise HandshakeError("handshake")
        return self._association

    async def _drop_association(self) -> None:
        if self._association is not None:
            association, self._association = self._association, None
            await association.stop()

    def _send(self, datagram: bytes) -> None:
        self._around.plane.send_dtls(self.handle, datagram)

    def _change(self, state: State, reason: str = "") -> None:
        if self.state == "closed":
            return
        self.state = state
        self._around.changed(self, state, reason)

"""One DTLS association over datagrams that somebody else carries.

With `sctp.py`, which works on top of this, the only place that touches aiortc's private parts. aiortc 1.16.0's
RTCDtlsTransport asks three things of its ICE transport, `_recv`, `_send` and `role`: `DatagramPipe`. What else is
private: `_set_role`, `_ssl`, `_srtp_profiles`, `_validate_peer_identity`, `_setup_srtp`, `_set_state` and, for data,
`_register_data_receiver` with its `_handle_data`. `selfcheck.py` proves at start-up that they still mean what they
meant.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from aiortc import rtcdtlstransport as aiortc_dtls
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
    State,
)

from sfu.ortc.model import DtlsFingerprint

Role = Literal["client", "server"]

QUEUE_LIMIT = 64
"""Datagrams waiting for a handshake to read them; a flight is two or three."""
DATA_QUEUE_LIMIT = 1024
"""The same on a transport that may carry data: what one turn of the loop finds of a fast sender."""
TURN = 64
"""Datagrams read on end before others on this loop get their turn."""
RESEND_LIMIT = 10
"""Times the last flight is sent again for a repeated ClientHello."""

# The cheapest to compute first; every browser offers the first one.
SRTP_PROFILES: list[SRTPProtectionProfile] = [
    aiortc_dtls.SRTP_AEAD_AES_128_GCM,
    aiortc_dtls.SRTP_AEAD_AES_256_GCM,
    aiortc_dtls.SRTP_AES128_CM_SHA1_80,
]

_HANDSHAKE_RECORD = 22
_CLIENT_HELLO = 1


class SrtpKeys(NamedTuple):
    """`profile` by its OpenSSL name; `rx` and `tx` are master key and salt (RFC 5764 section 4.2)."""

    profile: str
    rx: bytes
    tx: bytes


class DataReceiver(Protocol):
    """Takes decrypted data, a packet at a time."""

    async def receive(self, packet: bytes) -> None: ...

    async def stop(self) -> None: ...


MakeReceiver = Callable[[RTCDtlsTransport], DataReceiver]


class HandshakeError(Exception):
    """`reason`: handshake, or fingerprint when the peer is not who signaling said."""

    def __init__(self, reason: Literal["handshake", "fingerprint"]) -> None:
        super().__init__(reason)
        self.reason = reason


def new_certificate() -> RTCCertificate:
    return RTCCertificate.generateCertificate()


def fingerprints(certificate: RTCCertificate) -> list[DtlsFingerprint]:
    return [DtlsFingerprint(algorithm=f.algorithm, value=f.value) for f in certificate.getFingerprints()]


class DatagramPipe:
    """The ICE transport that aiortc is made to believe in."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None], limit: int = QUEUE_LIMIT) -> None:
        self._send_datagram = send
        self._limit = limit
        self._read = 0
        self._queue: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._closed = False
        self.last_sent: bytes | None = None

    def push(self, datagram: bytes) -> bool:
        """False when it had to be dropped."""
        if self._closed or len(self._queue) >= self._limit:
            return False
        self._queue.append(datagram)
        self._arrived.set()
        return True

    def resend_last(self) -> None:
        if self.last_sent is not None and not self._closed:
            self._send_datagram(self.last_sent)

    def close(self) -> None:
        """Ends a pending `_recv`, which nothing else does."""
        self._closed = True
        self._arrived.set()

    async def _recv(self) -> bytes:
        while not self._queue:
            if self._closed:
                raise ConnectionError("closed")
            self._arrived.clear()
            await self._arrived.wait()
        self._read += 1
        if self._read % TURN == 0:
            await asyncio.sleep(0)
        return self._queue.popleft()

    async def _send(self, datagram: bytes) -> None:
        if self._closed:
            raise ConnectionError("closed")
        self.last_sent = datagram
        self._send_datagram(datagram)


class _Dtls(RTCDtlsTransport):
    """Keeps the SRTP keys instead of making libsrtp sessions of them, and tells why a handshake failed."""

    def __init__(self, pipe: DatagramPipe, certificate: RTCCertificate, role: Role) -> None:
        super().__init__(pipe, [certificate])  # type: ignore[arg-type]  # it is used by the three names above only
        self._set_role(role)
        self._srtp_profiles = SRTP_PROFILES
        self.keys: SrtpKeys | None = None
        self.wrong_fingerprint = False

    def hand_data_to(self, data: _Data) -> None:
        self._register_data_receiver(data)

    def _validate_peer_identity(self, remoteParameters: RTCDtlsParameters) -> None:  # noqa: N803 - aiortc's name
        super()._validate_peer_identity(remoteParameters)
        self.wrong_fingerprint = self.state == "failed"

    def _setup_srtp(self) -> None:
        assert self._ssl is not None  # noqa: S101 - start() made it; said for the type checker
        selected = self._ssl.get_selected_srtp_profile()
        profile = next((p for p in self._srtp_profiles if p.openssl_profile == selected), None)
        if profile is None:
            self._set_state(State.FAILED)
            return
        material = self._ssl.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
        )
        client, server = (profile.get_key_and_salt(material, side) for side in (0, 1))
        rx, tx = (client, server) if self._role == "server" else (server, client)
        self.keys = SrtpKeys(profile.openssl_profile.decode(), rx, tx)


class _Data:
    """Makes the receiver when the first data comes: most transports never carry any."""

    def __init__(self, carrier: RTCDtlsTransport, make: MakeReceiver) -> None:
        self._carrier = carrier
        self._make = make
        self._receiver: DataReceiver | None = None

    def open(self) -> DataReceiver:
        if self._receiver is None:
            self._receiver = self._make(self._carrier)
        return self._receiver

    async def stop(self) -> None:
        if self._receiver is not None:
            await self._receiver.stop()

    async def _handle_data(self, data: bytes) -> None:
        await self.open().receive(data)


class DtlsAssociation:
    """One attempt at a handshake and, if it succeeds, the association until it closes.

    With `data` it carries data too; what that makes is stopped with the association.
    """

    def __init__(
        self,
        certificate: RTCCertificate,
        role: Role,
        send: Callable[[bytes], None],
        data: MakeReceiver | None = None,
    ) -> None:
        self._role = role
        self._pipe = DatagramPipe(send, QUEUE_LIMIT if data is None else DATA_QUEUE_LIMIT)
        self._dtls = _Dtls(self._pipe, certificate, role)
        self._data: _Data | None = None
        if data is not None:
            self._data = _Data(self._dtls, data)
            self._dtls.hand_data_to(self._data)
        self._resends = 0
        self._ended = asyncio.Event()
        self._dtls.on("statechange", self._state_changed)

    def receive(self, datagram: bytes) -> bool:
        """In order of arrival. False when it had to be dropped.

        OpenSSL repeats a lost first flight only on its own timer of a second and ignores the ClientHello that the
        client repeats after 50 ms, so the flight is sent again here.
        """
        if self._repeats_hello(datagram):
            if self._resends < RESEND_LIMIT:
                self._resends += 1
                self._pipe.resend_last()
            return True
        return self._pipe.push(datagram)

    async def handshake(self, expected: tuple[DtlsFingerprint, ...]) -> SrtpKeys:
        """Raises HandshakeError. Keys are made only once every expected fingerprint is the peer's."""
        remote = [RTCDtlsFingerprint(algorithm=f.algorithm.lower(), value=f.value) for f in expected]
        await self._dtls.start(RTCDtlsParameters(fingerprints=remote))
        if self._dtls.state != "connected" or self._dtls.keys is None:
            raise HandshakeError("fingerprint" if self._dtls.wrong_fingerprint else "handshake")
        return self._dtls.keys

    def open_data(self) -> DataReceiver:
        """The receiver of data, before any came. Raises LookupError on an association that carries none."""
        if self._data is None:
            raise LookupError("no data on this association")
        return self._data.open()

    async def wait_closed(self) -> None:
        """Until the peer's close_notify, or `stop()`."""
        await self._ended.wait()

    async def stop(self) -> None:
        """Sends close_notify if there is somebody to send it to, and ends every task of the association. Idempotent."""
        if self._data is not None:
            await self._data.stop()
        await self._dtls.stop()
        self._pipe.close()
        self._ended.set()

    def _repeats_hello(self, datagram: bytes) -> bool:
        """A first fragment of a ClientHello (RFC 6347 section 4.2.2) after we have answered one."""
        return (
            self._role == "server"
            and not self._dtls.encrypted
            and self._pipe.last_sent is not None
            and len(datagram) > 21
            and datagram[0] == _HANDSHAKE_RECORD
            and datagram[13] == _CLIENT_HELLO
            and datagram[19:22] == b"\0\0\0"
        )

    def _state_changed(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self._ended.set()

"""The browser's end of a transport: one UDP socket, ICE checks, DTLS and SRTP."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import struct
from collections.abc import Callable
from typing import Any

from aioice import stun
from aiortc.rtcdtlstransport import RTCCertificate
from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy
from pylibsrtp import Session as SrtpSession

from server.loadtest.session import PATIENCE_S, RefusedError
from sfu.ortc import parse_dtls_parameters
from sfu.worker.dtls import DtlsAssociation, HandshakeError, fingerprints

CHECK_INTERVAL_S = 0.1
CONSENT_INTERVAL_S = 2.5
"""RFC 7675 asks for one every five seconds."""
MAX_DATAGRAM = 2048
REPLAY_WINDOW = 1024
RECEIVE_BUFFER = 4 << 20
BATCH = 64
"""Datagrams taken at one go, before other sockets have their turn."""

_SO_TIMESTAMPNS = 35
_PROFILES = {
    "SRTP_AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "SRTP_AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    "SRTP_AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}

OnPacket = Callable[[bytes, int], None]
"""A decrypted packet, and when the kernel received it in nanoseconds since the epoch."""


def _ignore(_packet: bytes, _received_ns: int) -> None:
    pass


class Connection:
    """`open()` returns once media can flow. `on_rtp` and `on_rtcp` are called for what arrives."""

    def __init__(self, certificate: RTCCertificate) -> None:
        self.on_rtp: OnPacket = _ignore
        self.on_rtcp: OnPacket = _ignore
        self.refused = 0
        """Datagrams that did not authenticate."""
        self.unsent = 0
        """Packets that the socket did not take."""
        self._certificate = certificate
        self._ufrag = secrets.token_hex(4)
        self._validated = asyncio.Event()
        self._socket: socket.socket | None = None
        self._checking: asyncio.Task[None] | None = None
        self._association: DtlsAssociation | None = None
        self._inbound: SrtpSession | None = None
        self._outbound: SrtpSession | None = None

    def dtls_parameters(self) -> dict[str, Any]:
        prints = [{"algorithm": f.algorithm, "value": f.value} for f in fingerprints(self._certificate)]
        return {"role": "client", "fingerprints": prints}

    async def open(self, transport: dict[str, Any]) -> None:
        """`transport` is the reply to `transport:create`. Raises RefusedError `ice` or `dtls`."""
        candidate = next((c for c in transport["iceCandidates"] if c["protocol"] == "udp"), None)
        if candidate is None:
            raise RefusedError("ice")
        self._bind(candidate["ip"], candidate["port"])
        self._checking = asyncio.create_task(self._check(transport["iceParameters"]), name="load-test checks")
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._validated.wait()
        except TimeoutError:
            raise RefusedError("ice") from None
        await self._shake_hands(transport["dtlsParameters"])

    def send_rtp(self, packet: bytes) -> None:
        if self._outbound is not None:
            self._send(self._outbound.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        if self._outbound is not None:
            self._send(self._outbound.protect_rtcp(packet))

    async def close(self) -> None:
        """Idempotent."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.wait([self._checking])
        if self._association is not None:
            await self._association.stop()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _bind(self, ip: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.connect((ip, port))
        asyncio.get_running_loop().add_reader(self._socket, self._receive, self._socket)

    async def _check(self, ice: dict[str, Any]) -> None:
        """Nominate the path, then keep consent, until cancelled."""
        while True:
            request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
            request.attributes["USERNAME"] = f"{ice['usernameFragment']}:{self._ufrag}"
            request.attributes["PRIORITY"] = 1
            request.attributes["ICE-CONTROLLING"] = 1
            request.attributes["USE-CANDIDATE"] = None
            request.add_message_integrity(ice["password"].encode())
            self._send(bytes(request))
            await asyncio.sleep(CONSENT_INTERVAL_S if self._validated.is_set() else CHECK_INTERVAL_S)

    async def _shake_hands(self, remote: dict[str, Any]) -> None:
        association = self._association = DtlsAssociation(self._certificate, "client", self._send)
        expected = parse_dtls_parameters(remote).fingerprints
        try:
            async with asyncio.timeout(PATIENCE_S):
                keys = await association.handshake(expected)
        except (HandshakeError, TimeoutError):
            raise RefusedError("dtls") from None
        profile = _PROFILES[keys.profile]
        self._inbound = _srtp(profile, keys.rx, Policy.SSRC_ANY_INBOUND)
        self._outbound = _srtp(profile, keys.tx, Policy.SSRC_ANY_OUTBOUND)

    def _send(self, datagram: bytes) -> None:
        if self._socket is None:
            return
        try:
            self._socket.send(datagram)
        except OSError:
            # Full, or the server is gone: what does not arrive shows as loss.
            self.unsent += 1

    def _receive(self, own: socket.socket) -> None:
        for _ in range(BATCH):
            try:
                data, ancillary, _, _ = own.recvmsg(MAX_DATAGRAM, 64)
            except OSError:
                return
            self._take(data, _received_at(ancillary))

    def _take(self, data: bytes, received_ns: int) -> None:
        """RFC 7983."""
        if not data:
            return
        first = data[0]
        if first < 4:
            self._validated.set()
        elif 20 <= first <= 63:
            if self._association is not None:
                self._association.receive(data)
        elif 128 <= first <= 191 and self._inbound is not None and len(data) > 1:
            with self._counting_refusals():
                if 192 <= data[1] <= 223:
                    self.on_rtcp(self._inbound.unprotect_rtcp(data), received_ns)
                else:
                    self.on_rtp(self._inbound.unprotect(data), received_ns)

    @contextlib.contextmanager
    def _counting_refusals(self) -> Any:
        try:
            yield
        except SrtpError:
            self.refused += 1


def _srtp(profile: int, key: bytes, direction: int) -> SrtpSession:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile)
    policy.window_size = REPLAY_WINDOW
    return SrtpSession(policy)


def _received_at(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanos = struct.unpack("qq", value)
            return int(seconds * 1_000_000_000 + nanos)
    return 0

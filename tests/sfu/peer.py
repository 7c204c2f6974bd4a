"""A WebRTC client in Python: ICE checks by aioice's messages, DTLS-SRTP by aiortc, RTP as plain bytes."""

from __future__ import annotations

import asyncio
import secrets
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aioice import stun
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from aiortc.rtp import RtcpPacket, RtpPacket

CHECK_INTERVAL_S = 0.05


class _MediaDtls(RTCDtlsTransport):
    """Hands decrypted RTP and RTCP to the peer instead of to receivers."""

    peer: Peer

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:  # noqa: ARG002
        self.peer.rtp.put_nowait(RtpPacket.parse(data))

    async def _handle_rtcp_data(self, data: bytes) -> None:
        for packet in RtcpPacket.parse(data):
            self.peer.rtcp.put_nowait(packet)


class Peer(asyncio.DatagramProtocol):
    """`wrong_fingerprint` announces a certificate that is not the one shown."""

    role = "controlling"

    def __init__(self, *, wrong_fingerprint: bool = False) -> None:
        self.rtp: asyncio.Queue[RtpPacket] = asyncio.Queue()
        self.rtcp: asyncio.Queue[Any] = asyncio.Queue()
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(16)
        self.certificate = RTCCertificate.generateCertificate()
        announced = RTCCertificate.generateCertificate() if wrong_fingerprint else self.certificate
        self._fingerprints = announced.getFingerprints()
        self._incoming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._bound = asyncio.Event()
        self.dtls = _MediaDtls(self, [self.certificate])  # type: ignore[arg-type]  # it needs three names of it
        self.dtls.peer = self
        self.dtls_closed = asyncio.Event()
        self.dtls.on("statechange", self._state_changed)

    def dtls_parameters(self, role: str) -> dict[str, Any]:
        prints = [{"algorithm": f.algorithm, "value": f.value} for f in self._fingerprints]
        return {"role": role, "fingerprints": prints}

    async def connect_ice(self, ice_parameters: dict[str, Any], candidate: dict[str, Any]) -> None:
        """Check and nominate the one candidate, until it answers."""
        loop = asyncio.get_running_loop()
        self._ice = ice_parameters
        address = (candidate["ip"], candidate["port"])
        self._udp, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=address)
        async with asyncio.timeout(10):
            while not self._bound.is_set():
                self.check()
                await asyncio.wait([waiting := asyncio.create_task(self._bound.wait())], timeout=CHECK_INTERVAL_S)
                waiting.cancel()

    async def connect_dtls(self, role: str, remote: dict[str, Any]) -> None:
        """The state is in `dtls.state` afterwards."""
        self.dtls._set_role(role)
        prints = [RTCDtlsFingerprint(**fingerprint) for fingerprint in remote["fingerprints"]]
        async with asyncio.timeout(10):
            await self.dtls.start(RTCDtlsParameters(fingerprints=prints))

    def check(self) -> None:
        request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self._ice['usernameFragment']}:{self.ufrag}"
        request.attributes["PRIORITY"] = 1
        request.attributes["ICE-CONTROLLING"] = 1
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self._ice["password"].encode())
        self._udp.sendto(bytes(request))

    def _state_changed(self) -> None:
        if self.dtls.state == "closed":
            self.dtls_closed.set()

    async def send_rtp(self, packet: bytes) -> None:
        await self.dtls._send_rtp(packet)

    async def close(self) -> None:
        await self.dtls.stop()
        self._incoming.put_nowait(None)
        if hasattr(self, "_udp"):
            self._udp.close()

    def datagram_received(self, data: bytes, _address: Any) -> None:
        if data[0] < 4:
            self._bound.set()
        else:
            self._incoming.put_nowait(data)

    def error_received(self, _error: Exception) -> None:
        """A worker that is gone answers with ICMP; the test sees it by what does not come."""

    async def _recv(self) -> bytes:
        data = await self._incoming.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._udp.sendto(data)


@asynccontextmanager
async def peer(**options: Any) -> AsyncIterator[Peer]:
    made = Peer(**options)
    try:
        yield made
    finally:
        await made.close()


def vp8(
    sequence: int,
    ssrc: int,
    *,
    payload_type: int = 96,
    key: bool = False,
    body: bytes = b"\xaa" * 100,
    extensions: dict[int, bytes] | None = None,
) -> bytes:
    """One packet that is one frame (RFC 7741): picture id, and for a key frame the size 640x360.

    `extensions` are written in the one-byte form (RFC 8285 section 4.2).
    """
    descriptor = bytes([0x90, 0x80, 0x80 | (sequence >> 8) & 0x7F, sequence & 0xFF])
    frame = b"\x10\x02\x00\x9d\x01\x2a\x80\x02\x68\x01" if key else b"\x11\x02\x00"
    elements = b"".join(bytes([id_ << 4 | len(value) - 1]) + value for id_, value in (extensions or {}).items())
    elements += bytes(-len(elements) % 4)
    first = 0x90 if elements else 0x80
    header = struct.pack("!BBHII", first, 0x80 | payload_type, sequence, sequence * 3000, ssrc)
    if elements:
        header += struct.pack("!HH", 0xBEDE, len(elements) // 4) + elements
    return header + descriptor + frame + body

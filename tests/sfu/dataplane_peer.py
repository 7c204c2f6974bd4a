"""A browser's end of a transport as bare bytes: a UDP socket, ICE checks, and SRTP by an independent implementation."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from aioice import stun
from pylibsrtp import Policy, Session

from sfu._dataplane import DataPlane

if TYPE_CHECKING:  # typed dictionaries of the stub; the compiled module has no such names
    from sfu._dataplane import Codec, ConsumerSpec, Event, ProducerSpec

UFRAG, PASSWORD = "servufrag", "serverpasswordserverpassword"
SRTP = {
    "SRTP_AEAD_AES_256_GCM": (Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
    "SRTP_AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    "SRTP_AES128_CM_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
}
PATIENCE = 5.0


def session(profile: str, key: bytes, *, inbound: bool) -> Session:
    kind = Policy.SSRC_ANY_INBOUND if inbound else Policy.SSRC_ANY_OUTBOUND
    return Session(Policy(key=key, ssrc_type=kind, srtp_profile=SRTP[profile][0]))


class Peer:
    """One socket, connected to the data plane."""

    def __init__(self, plane: DataPlane, transport: int, host: str = "127.0.0.1") -> None:
        self.plane = plane
        self.transport = transport
        self.socket = self._open(host)
        self.socket.settimeout(PATIENCE)
        self.ufrag = f"{UFRAG}{transport}"

    def _open(self, host: str) -> socket.socket:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_DGRAM)
        opened.connect((host, self.plane.udp_port))
        return opened

    def send(self, datagram: bytes) -> None:
        self.socket.send(datagram)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def check(self, password: str = PASSWORD, *, nominate: bool = True) -> stun.Message:
        """Send an ICE check and answer what was sent."""
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self.ufrag}:browserufrag"
        request.attributes["PRIORITY"] = 1
        request.attributes["ICE-CONTROLLING"] = 7
        if nominate:
            request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(password.encode())
        self.send(bytes(request))
        return request

    def receive(self) -> bytes:
        return self.socket.recv(4096)

    def silent(self) -> bool:
        """Whether nothing has come. Only after the data plane is known to have seen what was sent."""
        return not select.select([self.socket], [], [], 0)[0]

    def connect(self) -> None:
        """Add the transport and validate a path to it."""
        self.plane.add_transport(self.transport, self.ufrag, PASSWORD)
        self.check()
        read_answer(self.receive())

    def secure(self, profile: str) -> None:
        """Give both ends SRTP keys."""
        length = SRTP[profile][1]
        up, down = os.urandom(length), os.urandom(length)
        self.plane.set_srtp_keys(self.transport, profile, rx=up, tx=down)
        self.outbound = session(profile, up, inbound=False)
        self.inbound = session(profile, down, inbound=True)

    def receive_rtp(self) -> bytes:
        """The next media packet, decrypted. RTCP and STUN in between are skipped."""
        while True:
            datagram = self.receive()
            if datagram[0] >> 6 == 2 and not 192 <= datagram[1] <= 223:
                return self.inbound.unprotect(datagram)


class TcpPeer(Peer):
    """The same over one TCP connection (RFC 4571)."""

    receive_buffer: int | None = None

    def _open(self, host: str) -> socket.socket:
        assert self.plane.tcp_port is not None
        opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        if self.receive_buffer is not None:  # only before connecting does it bound the window
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        opened.settimeout(PATIENCE)
        opened.connect((host, self.plane.tcp_port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def send(self, datagram: bytes) -> None:
        self.socket.sendall(framed(datagram))

    def receive(self) -> bytes:
        return self._exactly(struct.unpack("!H", self._exactly(2))[0])

    def _exactly(self, count: int) -> bytes:
        read = b""
        while len(read) < count:
            piece = self.socket.recv(count - len(read))
            if not piece:
                raise ConnectionError("the data plane closed the connection")
            read += piece
        return read

    def is_closed(self) -> bool:
        """Waits for the end of the connection, leaving out what still comes."""
        try:
            while self.socket.recv(65_536):
                pass
        except ConnectionResetError:
            pass
        except TimeoutError:
            return False
        return True


def framed(datagram: bytes) -> bytes:
    return struct.pack("!H", len(datagram)) + datagram


def read_answer(datagram: bytes) -> stun.Message:
    """An answer to a check, authentic or a ValueError."""
    answer = stun.parse_message(datagram)
    answer.check_message_integrity(PASSWORD.encode())
    return answer


def await_drop(plane: DataPlane, reason: str, count: int = 1) -> None:
    """Return when the data plane has counted as many; fail after a while."""
    deadline = time.monotonic() + PATIENCE
    while plane.statistics()["drops"][reason] < count:
        assert time.monotonic() < deadline, plane.statistics()["drops"]


def await_events(plane: DataPlane) -> list[Event]:
    assert select.select([plane.event_fd], [], [], PATIENCE)[0], "no event came"
    return plane.poll_events()


def rtp(ssrc: int, sequence: int, payload: bytes, payload_type: int = 111) -> bytes:
    return struct.pack("!BBHII", 0x80, payload_type, sequence, sequence * 960, ssrc) + payload


def opus(payload_type: int) -> Codec:
    return {
        "mime_type": "audio/opus",
        "payload_type": payload_type,
        "clock_rate": 48_000,
        "rtx_payload_type": None,
        "red_payload_type": None,
        "nack": True,
        "pli": False,
        "fir": False,
        "remb": False,
        "twcc": False,
    }


def audio_producer(ssrc: int, payload_type: int = 111) -> ProducerSpec:
    return {
        "kind": "audio",
        "content": "camera",
        "mid": "0",
        "codec": opus(payload_type),
        "encodings": [
            {
                "ssrc": ssrc,
                "rtx_ssrc": None,
                "rid": None,
                "spatial_layers": 1,
                "temporal_layers": 1,
                "max_bitrate": None,
            }
        ],
        "header_extensions": [],
        "paused": False,
    }


def audio_consumer(ssrc: int, payload_type: int = 100) -> ConsumerSpec:
    return {
        "mid": "1",
        "ssrc": ssrc,
        "rtx_ssrc": None,
        "cname": "someone",
        "codec": opus(payload_type),
        "header_extensions": [],
        "paused": False,
        "spatial_layer": None,
        "temporal_layer": None,
    }

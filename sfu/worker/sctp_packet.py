"""Whether an SCTP packet holds together (RFC 9260 section 3, RFC 3758, RFC 6525). Pure.

What the parser behind this one believes of a packet, it believes blindly: a parameter of length 0 keeps it busy for
ever, a gap block costs it its width. Nothing reaches it that was not let through here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import unpack_from
from types import MappingProxyType

HEADER_BYTES = 12
CHUNK_HEADER_BYTES = 4
CHUNK_LIMIT = 128
"""More than a datagram holds of the smallest DATA chunks."""

DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN = range(8)
ERROR, COOKIE_ECHO, RECONFIG, FORWARD_TSN = 9, 10, 130, 192

RESET_OUTGOING, RESET_RESPONSE, ADD_OUTGOING = 13, 16, 17
_RESPONSE_BYTES = (8, 16)


class BadPacketError(Exception):
    """The packet does not hold together; the message says where."""


def check_packet(packet: bytes) -> None:
    """Raises BadPacketError. Looks at lengths and structure alone; tags and the checksum are the association's."""
    if len(packet) < HEADER_BYTES + CHUNK_HEADER_BYTES:
        raise BadPacketError("too short")
    position, chunks, alone = HEADER_BYTES, 0, False
    while position <= len(packet) - CHUNK_HEADER_BYTES:
        kind, _, length = unpack_from("!BBH", packet, position)
        if length < CHUNK_HEADER_BYTES or position + length > len(packet):
            raise BadPacketError("chunk length")
        check = _CHECKS.get(kind)
        if check is not None:
            check(packet[position + CHUNK_HEADER_BYTES : position + length])
        chunks += 1
        alone = alone or kind in {INIT, INIT_ACK}
        position += _padded(length)
    if chunks > CHUNK_LIMIT or (alone and chunks > 1):
        raise BadPacketError("chunks that may not travel together")


def _padded(length: int) -> int:
    return length + -length % 4


def _check_data(body: bytes) -> None:
    if len(body) <= 12:
        raise BadPacketError("DATA without data")


def _check_init(body: bytes) -> None:
    if len(body) < 16:
        raise BadPacketError("INIT too short")
    tag, _, outbound, inbound = unpack_from("!LLHH", body)
    if not tag or not outbound or not inbound:
        raise BadPacketError("INIT without tag or streams")
    _parameters(body[16:])


def _check_sack(body: bytes) -> None:
    """Gap blocks rise and do not overlap, so that together they are no wider than what was sent."""
    if len(body) < 12:
        raise BadPacketError("SACK too short")
    gaps, duplicates = unpack_from("!HH", body, 8)
    if len(body) != 12 + 4 * (gaps + duplicates):
        raise BadPacketError("SACK length")
    highest = 0
    for gap in range(gaps):
        start, end = unpack_from("!HH", body, 12 + 4 * gap)
        if start <= highest or end < start:
            raise BadPacketError("SACK gap")
        highest = end


def _check_shutdown(body: bytes) -> None:
    if len(body) != 4:
        raise BadPacketError("SHUTDOWN length")


def _check_forward_tsn(body: bytes) -> None:
    if len(body) < 4 or len(body) % 4:
        raise BadPacketError("FORWARD TSN length")


def _check_reconfig(body: bytes) -> None:
    """One or two parameters (RFC 6525 section 3.1), each as long as its kind is."""
    parameters = _parameters(body)
    if not 1 <= len(parameters) <= 2:
        raise BadPacketError("RE-CONFIG parameters")
    for kind, value in parameters:
        wrong = (
            (kind == RESET_OUTGOING and (len(value) < 12 or len(value) % 2))
            or (kind == RESET_RESPONSE and len(value) not in _RESPONSE_BYTES)
            or (kind == ADD_OUTGOING and len(value) != 8)
        )
        if wrong:
            raise BadPacketError("RE-CONFIG parameter length")


def _check_parameters(body: bytes) -> None:
    _parameters(body)


def _parameters(body: bytes) -> list[tuple[int, bytes]]:
    """Also causes of errors, which look the same. Raises BadPacketError."""
    parameters: list[tuple[int, bytes]] = []
    position = 0
    while position <= len(body) - 4:
        kind, length = unpack_from("!HH", body, position)
        if length < 4 or position + length > len(body):
            raise BadPacketError("parameter length")
        parameters.append((kind, body[position + 4 : position + length]))
        position += _padded(length)
    return parameters


_CHECKS: Mapping[int, Callable[[bytes], None]] = MappingProxyType(
    {
        DATA: _check_data,
        INIT: _check_init,
        INIT_ACK: _check_init,
        SACK: _check_sack,
        HEARTBEAT: _check_parameters,
        HEARTBEAT_ACK: _check_parameters,
        ABORT: _check_parameters,
        SHUTDOWN: _check_shutdown,
        ERROR: _check_parameters,
        RECONFIG: _check_reconfig,
        FORWARD_TSN: _check_forward_tsn,
    }
)

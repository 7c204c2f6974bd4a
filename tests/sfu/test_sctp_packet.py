"""What is let through to aiortc's parser is something it can parse, whatever it is."""

from __future__ import annotations

from struct import pack

import pytest
from aiortc.rtcsctptransport import RECONFIG_PARAM_TYPES, ReconfigChunk, parse_packet
from google_crc32c import value as crc32c
from hypothesis import given
from hypothesis import strategies as st

from sfu.worker.sctp_packet import BadPacketError, check_packet
from tests.security.sctp_stranger import chunk, data, init, parameter

KINDS = st.sampled_from([*range(12), 14, 130, 192, 193])


def packet(*chunks: bytes) -> bytes:
    header, body = pack("!HHL", 5000, 5000, 7), b"".join(chunks)
    return header + pack("<L", crc32c(header + bytes(4) + body)) + body


PARAMETERS = st.builds(
    parameter, st.sampled_from([1, 5, 7, 13, 16, 17, 0x8008]), st.binary(max_size=24), st.integers(0, 40) | st.none()
)
BODIES = st.binary(max_size=80) | st.lists(PARAMETERS, max_size=4).map(b"".join)
CHUNKS = st.builds(
    lambda kind, body, flags, length: chunk(kind, body, flags=flags, length=length),
    KINDS,
    BODIES,
    st.integers(0, 255),
    st.none() | st.integers(0, 100),
)


@given(st.lists(CHUNKS, min_size=1, max_size=5))
def test_what_is_let_through_can_be_parsed(chunks: list[bytes]) -> None:
    made = packet(*chunks)
    try:
        check_packet(made)
    except BadPacketError:
        return
    *_, parsed = parse_packet(made)
    for one in parsed:
        if isinstance(one, ReconfigChunk):
            for kind, value in one.params:
                if kind in RECONFIG_PARAM_TYPES:
                    RECONFIG_PARAM_TYPES[kind].parse(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(garbage: bytes) -> None:
    try:
        check_packet(garbage)
    except BadPacketError:
        pass
    else:
        assert len(garbage) >= 16


@pytest.mark.parametrize(
    "chunks",
    [
        [init()],
        [data(1, b"x"), data(2, b"yz")],
        [chunk(10, b"cookie"), data(1, b"x")],
        [chunk(3, pack("!LLHHHH", 1, 2, 1, 0, 2, 4))],
        [chunk(3, pack("!LLHH", 1, 2, 0, 1) + bytes(4))],
        [chunk(4, parameter(1, b"heartbeat"))],
        [chunk(6, b"")],
        [chunk(130, parameter(13, bytes(14)))],
        [chunk(130, parameter(16, bytes(8)) + parameter(13, bytes(14)))],
        [chunk(192, pack("!LHH", 1, 2, 3))],
        [chunk(0xC1, b"of a future")],
    ],
    ids=[
        "INIT",
        "two DATA",
        "COOKIE ECHO with DATA",
        "SACK with a gap",
        "SACK with a duplicate",
        "HEARTBEAT",
        "ABORT",
        "reset of a stream",
        "reset with a response",
        "FORWARD TSN",
        "unknown",
    ],
)
def test_what_honest_peers_send_is_let_through(chunks: list[bytes]) -> None:
    check_packet(packet(*chunks))

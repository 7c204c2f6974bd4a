"""Media over TCP, for networks that let nothing else through: framed, bounded, and closed when it is of no use."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from sfu._dataplane import DataPlane
from tests.sfu.dataplane_peer import (
    PASSWORD,
    PATIENCE,
    Peer,
    TcpPeer,
    audio_consumer,
    audio_producer,
    await_drop,
    await_events,
    framed,
    read_answer,
    rtp,
)

PROFILE = "SRTP_AEAD_AES_128_GCM"
STRANGERS_OF_ADDRESS = 64
PATIENCE_WITH_STRANGERS_S = 10


@pytest.fixture
def plane() -> Iterator[DataPlane]:
    plane = DataPlane(["127.0.0.1"], 0, 0)
    yield plane
    plane.close()


def await_connections(plane: DataPlane, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while plane.statistics()["tcp_connections"] != count:
        assert time.monotonic() < deadline, plane.statistics()["tcp_connections"]


class SlowPeer(TcpPeer):
    """Its machine keeps little of what it does not read."""

    receive_buffer = 4096


def everything(peer: Peer) -> Iterator[bytes]:
    """What comes until nothing comes."""
    with contextlib.suppress(TimeoutError):
        while True:
            yield peer.receive_rtp()


def test_without_a_port_there_is_no_tcp() -> None:
    plane = DataPlane(["127.0.0.1"], 0)
    try:
        assert plane.tcp_port is None
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", plane.udp_port), timeout=PATIENCE)
    finally:
        plane.close()


def test_a_check_over_tcp_is_answered_and_told(plane: DataPlane) -> None:
    with TcpPeer(plane, 1) as peer:
        peer.connect()
        host, port = peer.socket.getsockname()
        assert await_events(plane) == [("ice_connected", 1, {"remote": f"{host}:{port}", "protocol": "tcp"})]
        measured = plane.statistics()["transports"][1]
        assert (measured["remote"], measured["protocol"]) == (f"{host}:{port}", "tcp")


def test_media_flows_between_tcp_and_udp(plane: DataPlane) -> None:
    with TcpPeer(plane, 1) as alice, Peer(plane, 2) as bob:
        for peer in (alice, bob):
            peer.connect()
            peer.secure(PROFILE)
        plane.add_producer(1, 1, audio_producer(11))
        plane.add_consumer(2, 1, 1, audio_consumer(22))
        plane.add_producer(2, 2, audio_producer(33))
        plane.add_consumer(1, 2, 2, audio_consumer(44))
        for sequence in range(50):
            alice.send(alice.outbound.protect(rtp(11, sequence, b"from alice")))
            bob.send(bob.outbound.protect(rtp(33, sequence, b"from bob")))
            assert bob.receive_rtp().endswith(b"from alice")
            assert alice.receive_rtp().endswith(b"from bob")


def test_a_check_may_come_one_byte_at_a_time(plane: DataPlane) -> None:
    with TcpPeer(plane, 1) as peer:
        plane.add_transport(1, peer.ufrag, PASSWORD)
        whole = peer.socket
        sent = bytearray()
        peer.send = sent.extend  # type: ignore[method-assign]
        peer.check()
        peer.check()
        for byte in framed(bytes(sent[: len(sent) // 2])) + framed(bytes(sent[len(sent) // 2 :])):
            whole.send(bytes([byte]))
        for _ in range(2):
            read_answer(peer.receive())


def test_garbage_ends_the_connection_at_once(plane: DataPlane) -> None:
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"\xff" * 100):
        with TcpPeer(plane, 1) as peer:
            peer.socket.sendall(garbage)
            assert peer.is_closed()
    assert plane.statistics()["drops"]["connection_garbage"] == 3
    await_connections(plane, 0)


def test_who_does_not_know_the_password_is_not_answered(plane: DataPlane) -> None:
    with TcpPeer(plane, 1) as peer:
        plane.add_transport(1, peer.ufrag, PASSWORD)
        peer.check("wrongpasswordwrongpassword")
        peer.send(b"\x16\xfe\xfd handshake")
        await_drop(plane, "tuple_not_validated")
        assert peer.silent()


def test_strangers_of_one_address_are_few_and_known_peers_do_not_count(plane: DataPlane) -> None:
    known = [TcpPeer(plane, number) for number in range(1, 9)]
    for peer in known:
        peer.connect()
    strangers = [TcpPeer(plane, 100) for _ in range(STRANGERS_OF_ADDRESS)]
    await_connections(plane, len(known) + len(strangers))
    with TcpPeer(plane, 100) as refused:
        assert refused.is_closed()
    assert plane.statistics()["drops"]["connections_of_address"] == 1
    for peer in known:
        peer.check()
        read_answer(peer.receive())
    for peer in known + strangers:
        peer.socket.close()
    await_connections(plane, 0)


def test_the_path_ends_with_its_connection(plane: DataPlane) -> None:
    with TcpPeer(plane, 1) as lost, Peer(plane, 1) as other:
        lost.connect()
        lost.secure(PROFILE)
        other.check(nominate=False)
        read_answer(other.receive())
        plane.poll_events()
        lost.socket.close()
        _host, port = other.socket.getsockname()
        assert await_events(plane) == [("ice_connected", 1, {"remote": f"127.0.0.1:{port}", "protocol": "udp"})]
        assert plane.statistics()["transports"][1]["tuples"] == 1


def test_a_connection_ends_with_its_transport(plane: DataPlane) -> None:
    with TcpPeer(plane, 1) as peer:
        peer.connect()
        plane.remove_transport(1)
        assert peer.is_closed()


def test_a_peer_that_does_not_read_loses_whole_packets_and_nobody_else_any(plane: DataPlane) -> None:
    with Peer(plane, 1) as speaker, SlowPeer(plane, 2) as slow, TcpPeer(plane, 3) as quick:
        for peer in (speaker, slow, quick):
            peer.connect()
            peer.secure(PROFILE)
        plane.add_producer(1, 1, audio_producer(11))
        plane.add_consumer(2, 1, 1, audio_consumer(22))
        plane.add_consumer(3, 2, 1, audio_consumer(33))
        payload, sent = bytes(1000), 0
        while plane.statistics()["drops"]["connection_backlog"] < 100:
            for _ in range(20):
                speaker.send(speaker.outbound.protect(rtp(11, sent, payload)))
                assert len(quick.receive_rtp()) == len(rtp(33, sent, payload))
                sent += 1
            assert sent < 60_000, "nothing is ever dropped"
        slow.socket.settimeout(1.0)
        packets = list(everything(slow))
        assert all(packet.endswith(payload) for packet in packets), "what comes is whole and authentic"
        got = len(packets)
        assert 0 < got < sent
        assert got + plane.statistics()["drops"]["connection_backlog"] >= sent


@pytest.mark.slow
def test_a_connection_that_brings_no_valid_check_is_closed_after_ten_seconds(plane: DataPlane) -> None:
    with TcpPeer(plane, 1) as stranger, TcpPeer(plane, 2) as known:
        known.connect()
        stranger.socket.settimeout(PATIENCE_WITH_STRANGERS_S + 5)
        started = time.monotonic()
        assert stranger.is_closed()
        assert time.monotonic() - started > PATIENCE_WITH_STRANGERS_S - 1
        assert plane.statistics()["drops"]["connection_without_check"] == 1
        known.check()
        read_answer(known.receive())

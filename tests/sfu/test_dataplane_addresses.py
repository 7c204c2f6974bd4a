"""Several near addresses, of both families: each answers for itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from sfu._dataplane import DataPlane
from tests.sfu.dataplane_peer import (
    PASSWORD,
    Peer,
    TcpPeer,
    audio_consumer,
    audio_producer,
    await_events,
    read_answer,
    rtp,
)

PROFILE = "SRTP_AEAD_AES_128_GCM"


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture
def plane() -> Iterator[DataPlane]:
    plane = DataPlane(["127.0.0.1", "127.0.0.2", *(["::1"] if has_ipv6() else [])], 0, 0)
    yield plane
    plane.close()


def test_no_address_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="no address"):
        DataPlane([], 0)


def test_the_answer_leaves_from_the_address_that_was_asked(plane: DataPlane) -> None:
    plane.add_transport(1, "servufrag1", PASSWORD)
    for host in ("127.0.0.1", "127.0.0.2"):
        with Peer(plane, 1, host) as peer:  # a connected socket hears its own peer only
            peer.check()
            read_answer(peer.receive())


def test_one_browser_socket_to_two_addresses_is_two_paths(plane: DataPlane) -> None:
    plane.add_transport(1, "servufrag1", PASSWORD)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as browser:
        browser.bind(("127.0.0.1", 0))
        for host in ("127.0.0.1", "127.0.0.2"):
            with Peer(plane, 1, host) as made:
                made.send = lambda datagram, to=(host, plane.udp_port): browser.sendto(datagram, to)  # type: ignore[misc,method-assign]
                made.check()
            _answer, sender = browser.recvfrom(2048)
            assert sender == (host, plane.udp_port)
    assert plane.statistics()["transports"][1]["tuples"] == 2


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("kind", [Peer, TcpPeer])
def test_media_flows_between_the_families(plane: DataPlane, kind: type[Peer]) -> None:
    with kind(plane, 1, "::1") as six, Peer(plane, 2) as four:
        for peer in (six, four):
            peer.connect()
            peer.secure(PROFILE)
        told = await_events(plane)
        assert told[0][2]["remote"] == f"[::1]:{six.socket.getsockname()[1]}"
        plane.add_producer(1, 1, audio_producer(11))
        plane.add_consumer(2, 1, 1, audio_consumer(22))
        plane.add_producer(2, 2, audio_producer(33))
        plane.add_consumer(1, 2, 2, audio_consumer(44))
        for sequence in range(20):
            six.send(six.outbound.protect(rtp(11, sequence, b"over six")))
            four.send(four.outbound.protect(rtp(33, sequence, b"over four")))
            assert four.receive_rtp().endswith(b"over six")
            assert six.receive_rtp().endswith(b"over four")

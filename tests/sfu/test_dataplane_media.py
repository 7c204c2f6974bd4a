"""Media through a real data plane over real sockets; the other side is an independent SRTP implementation."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise

import pytest

from sfu._dataplane import DataPlane
from tests.sfu.dataplane_peer import SRTP, Peer, audio_consumer, audio_producer, await_drop, rtp


@pytest.fixture
def plane() -> Iterator[DataPlane]:
    plane = DataPlane(["127.0.0.1"], 0)
    yield plane
    plane.close()


@pytest.fixture
def peers(plane: DataPlane) -> Iterator[list[Peer]]:
    """A speaker (transport 1, producer 1) and two listeners, connected and secured with one profile each."""
    with ExitStack() as stack:
        peers = [stack.enter_context(Peer(plane, transport)) for transport in (1, 2, 3)]
        for peer, profile in zip(peers, SRTP, strict=True):
            peer.connect()
            peer.secure(profile)
        plane.add_producer(1, 1, audio_producer(ssrc=1111))
        for consumer in (2, 3):
            plane.add_consumer(consumer, consumer, 1, audio_consumer(ssrc=consumer * 1111))
        yield peers


def test_a_packet_reaches_every_listener_under_its_own_profile(peers: list[Peer]) -> None:
    speaker, *listeners = peers
    speaker.socket.send(speaker.outbound.protect(rtp(1111, 100, b"voice")))
    for listener in listeners:
        packet = listener.receive_rtp()
        assert packet.endswith(b"voice")
        assert packet[1] & 0x7F == 100
        assert struct.unpack_from("!I", packet, 8) == (listener.transport * 1111,)


def test_a_burst_arrives_whole_and_in_order(peers: list[Peer]) -> None:
    speaker, *listeners = peers
    voices = [b"%03d" % number + bytes(60) for number in range(200)]
    for number, voice in enumerate(voices):
        speaker.socket.send(speaker.outbound.protect(rtp(1111, 65_400 + number & 0xFFFF, voice)))
    for listener in listeners:
        packets = [listener.receive_rtp() for _ in voices]
        assert [packet[-63:] for packet in packets] == voices
        sequences = [struct.unpack_from("!H", packet, 2)[0] for packet in packets]
        assert [(b - a) % 65_536 for a, b in pairwise(sequences)] == [1] * 199


def test_a_replayed_or_forged_packet_goes_nowhere(plane: DataPlane, peers: list[Peer]) -> None:
    speaker, listener, _ = peers
    protected = speaker.outbound.protect(rtp(1111, 7, b"once"))
    speaker.socket.send(protected)
    assert listener.receive_rtp().endswith(b"once")
    speaker.socket.send(protected)
    await_drop(plane, "srtp_replayed")
    forged = bytearray(speaker.outbound.protect(rtp(1111, 8, b"mine")))
    forged[-1] ^= 1
    speaker.socket.send(forged)
    await_drop(plane, "srtp_authentication")
    assert plane.statistics()["consumers"][2]["sent"]["packets"] == 1


def test_media_from_an_address_without_a_validated_path_is_dropped(plane: DataPlane, peers: list[Peer]) -> None:
    with Peer(plane, 9) as stranger:
        stranger.socket.send(peers[0].outbound.protect(rtp(1111, 9, b"stolen")))
        await_drop(plane, "tuple_not_validated")
    assert plane.statistics()["consumers"][2]["sent"]["packets"] == 0

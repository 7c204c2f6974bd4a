"""The data plane as an object: it binds, it answers commands with codes, it ends once and for all."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from sfu._dataplane import DataPlane, DataPlaneError
from tests.sfu.dataplane_peer import (
    PASSWORD,
    Peer,
    audio_consumer,
    audio_producer,
    await_drop,
    await_events,
    read_answer,
)


@pytest.fixture
def plane() -> Iterator[DataPlane]:
    plane = DataPlane(["127.0.0.1"], 0)
    yield plane
    plane.close()


def test_port_zero_binds_any_port_and_tells_which(plane: DataPlane) -> None:
    assert 0 < plane.udp_port < 65_536


def test_a_port_in_use_is_an_os_error(plane: DataPlane) -> None:
    with pytest.raises(OSError, match="in use"):
        DataPlane(["127.0.0.1"], plane.udp_port)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not an IP address"):
        DataPlane(["meet.example"], 0)


def test_closing_twice_is_closing_once(plane: DataPlane) -> None:
    plane.close()
    plane.close()
    assert plane.poll_events() == []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("127.0.0.1", plane.udp_port))


def test_a_closed_data_plane_says_that_it_is_unavailable(plane: DataPlane) -> None:
    plane.close()
    with pytest.raises(DataPlaneError) as refusal:
        plane.statistics()
    assert refusal.value.code == "UNAVAILABLE"


def test_commands_for_unknown_handles_are_not_found(plane: DataPlane) -> None:
    refused = [
        lambda: plane.remove_transport(9),
        lambda: plane.remove_producer(9),
        lambda: plane.remove_consumer(9),
        lambda: plane.set_layers(9, 0, 0),
        lambda: plane.add_producer(9, 1, audio_producer(1)),
        lambda: plane.set_srtp_keys(9, "SRTP_AEAD_AES_128_GCM", bytes(28), bytes(28)),
    ]
    for command in refused:
        with pytest.raises(DataPlaneError) as refusal:
            command()
        assert refusal.value.code == "NOT_FOUND"


def test_a_handle_twice_is_a_conflict(plane: DataPlane) -> None:
    plane.add_transport(1, "ufragone", PASSWORD)
    with pytest.raises(DataPlaneError) as refusal:
        plane.add_transport(1, "ufragtwo", PASSWORD)
    assert refusal.value.code == "CONFLICT"


def test_values_that_make_no_sense_are_validation_errors(plane: DataPlane) -> None:
    plane.add_transport(1, "ufragone", PASSWORD)
    bad_payload_type = audio_producer(1, payload_type=200)
    bad_mid = audio_consumer(1)
    bad_mid["mid"] = "not a token"
    refused = [
        lambda: plane.set_srtp_keys(1, "SRTP_NULL", b"", b""),
        lambda: plane.set_srtp_keys(1, "SRTP_AEAD_AES_128_GCM", bytes(27), bytes(28)),
        lambda: plane.add_producer(1, 1, bad_payload_type),
        lambda: plane.add_consumer(1, 1, 1, bad_mid),
    ]
    for command in refused:
        with pytest.raises(DataPlaneError) as refusal:
            command()
        assert refusal.value.code == "VALIDATION"


def test_garbage_is_met_with_silence_and_counted(plane: DataPlane) -> None:
    with Peer(plane, 1) as peer:
        peer.socket.send(b"\xff not for us")
        await_drop(plane, "unknown_protocol")
        assert peer.silent()


def test_a_datagram_too_long_for_media_is_counted(plane: DataPlane) -> None:
    with Peer(plane, 1) as peer:
        peer.socket.send(bytes(3000))
        await_drop(plane, "datagram_too_long")
        assert peer.silent()


def test_a_check_with_the_right_password_is_answered_and_told(plane: DataPlane) -> None:
    with Peer(plane, 1) as peer:
        plane.add_transport(1, peer.ufrag, PASSWORD)
        request = peer.check()
        answer = read_answer(peer.receive())
        assert answer.transaction_id == request.transaction_id
        assert answer.attributes["XOR-MAPPED-ADDRESS"] == peer.socket.getsockname()
        host, port = peer.socket.getsockname()
        assert await_events(plane) == [("ice_connected", 1, {"remote": f"{host}:{port}", "protocol": "udp"})]


def test_a_check_with_a_wrong_password_is_met_with_silence(plane: DataPlane) -> None:
    with Peer(plane, 1) as peer:
        plane.add_transport(1, peer.ufrag, PASSWORD)
        peer.check("another password of fair length")
        await_drop(plane, "stun_integrity")
        assert peer.silent()
        assert plane.poll_events() == []


def test_dtls_goes_both_ways_on_a_validated_path_only(plane: DataPlane) -> None:
    hello = b"\x16\xfe\xfd hello"
    with Peer(plane, 1) as peer:
        peer.socket.send(hello)
        await_drop(plane, "tuple_not_validated")
        peer.connect()
        await_events(plane)
        peer.socket.send(hello)
        assert await_events(plane) == [("dtls", 1, {"datagram": hello})]
        plane.send_dtls(1, b"\x16\xfe\xfd answer")
        assert peer.receive() == b"\x16\xfe\xfd answer"


async def test_an_event_wakes_the_event_loop(plane: DataPlane) -> None:
    loop = asyncio.get_running_loop()
    told = loop.create_future()
    loop.add_reader(plane.event_fd, lambda: told.done() or told.set_result(plane.poll_events()))
    try:
        with Peer(plane, 1) as peer:
            plane.add_transport(1, peer.ufrag, PASSWORD)
            peer.check()
            [(name, handle, _)] = await asyncio.wait_for(told, 5)
        assert (name, handle) == ("ice_connected", 1)
    finally:
        loop.remove_reader(plane.event_fd)


def test_statistics_name_what_they_count(plane: DataPlane) -> None:
    with Peer(plane, 3) as peer:
        peer.connect()
        statistics = plane.statistics()
    assert statistics["packets_in"] == 1
    assert statistics["packets_out"] == 1
    assert statistics["bytes_in"] > statistics["bytes_out"] > 0
    assert statistics["cpu_s"] > 0
    assert statistics["transports"][3]["connected"] is True
    assert statistics["drops"]["event_queue_full"] == 0


def test_events_nobody_fetches_are_bounded_and_what_is_over_is_counted(plane: DataPlane) -> None:
    capacity, over = 4096, 100
    with Peer(plane, 1) as peer:
        peer.connect()
        await_events(plane)
        for number in range(capacity + over):
            peer.socket.send(b"\x16" + number.to_bytes(4))
            if number % 256 == 0:
                plane.statistics()  # the answer comes from the thread itself: it keeps up with what is sent
        await_drop(plane, "event_queue_full", over)
        with Peer(plane, 2) as other:
            other.connect()
        plane.statistics()  # answered once the thread is through with what it had begun
        *events, connected = plane.poll_events()
        assert connected[:2] == ("ice_connected", 2), "a flood of datagrams keeps nothing else out"
        assert [fields["datagram"][1:] for _, _, fields in events] == [n.to_bytes(4) for n in range(capacity)]
        peer.socket.send(b"\x16last")
        assert await_events(plane) == [("dtls", 1, {"datagram": b"\x16last"})]

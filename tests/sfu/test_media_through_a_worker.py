"""Real packets through a real worker process: ICE, DTLS and SRTP on both sides, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiortc.rtp import RTCP_PSFB_PLI, RtcpPsfbPacket, RtpPacket

from config.rtc import RtcSettings
from sfu.commands import (
    CloseProducer,
    CloseTransport,
    ConnectTransport,
    Consume,
    CreateTransport,
    GetStatistics,
    MediaError,
    PauseConsumer,
    Produce,
    RequestKeyframe,
    RestartIce,
    ResumeConsumer,
    SetConsumerLayers,
    SetConsumerPriority,
    SetConsumerSize,
    SetProducerPriority,
)
from sfu.events import ConsumerLayersChanged, ProducerLayersWanted, TransportStateChanged, WorkerEvent
from sfu.fleet import Fleet
from tests.sfu.clients import (
    MID,
    NACK_PLI_FIR,
    RID,
    bot_capabilities,
    browser_capabilities,
    chromium_microphone,
    red_microphone,
)
from tests.sfu.peer import Peer, vp8

ROOM = "room"
SSRC = 424242
CAMERA = {
    "mid": "0",
    "codecs": [{"mimeType": "video/VP8", "payloadType": 120, "clockRate": 90000, "rtcpFeedback": NACK_PLI_FIR}],
    "headerExtensions": [{"uri": MID, "id": 4}],
    "encodings": [{"ssrc": SSRC}],
    "rtcp": {"cname": "camera"},
}


class Room:
    """One room on a running fleet, its peers, and the states its transports told."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.states: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        self.layers: asyncio.Queue[ConsumerLayersChanged] = asyncio.Queue()
        self.wanted: list[list[bool]] = []
        self.peers: list[Peer] = []
        fleet.subscribe(self._told)

    def _told(self, event: WorkerEvent) -> None:
        if isinstance(event, TransportStateChanged):
            self.states.put_nowait((event.transport_id, event.state, event.reason))
        if isinstance(event, ConsumerLayersChanged):
            self.layers.put_nowait(event)
        if isinstance(event, ProducerLayersWanted):
            self.wanted.append(event.spatial_layers)

    async def state(self) -> tuple[str, str, str]:
        return await asyncio.wait_for(self.states.get(), 10)

    async def layers_until(self, spatial_layer: int) -> ConsumerLayersChanged:
        async with asyncio.timeout(10):
            while (event := await self.layers.get()).spatial_layer != spatial_layer:
                pass
        return event

    async def join(self, name: str, direction: Any, *, role: str = "client", honest: bool = True) -> Peer:
        """A transport called `name` with a peer behind it, its handshake done."""
        peer = Peer(wrong_fingerprint=not honest)
        self.peers.append(peer)
        created = await self.fleet.ask(CreateTransport(ROOM, name, direction))
        await self.fleet.ask(ConnectTransport(ROOM, name, peer.dtls_parameters(role)))
        await peer.connect_ice(created.ice_parameters, created.ice_candidates[0])
        await peer.connect_dtls(role, created.dtls_parameters)
        return peer

    async def joined(self, name: str, direction: Any, *, role: str = "client") -> Peer:
        peer = await self.join(name, direction, role=role)
        assert [await self.state(), await self.state()] == [(name, "connecting", ""), (name, "connected", "")]
        assert peer.dtls.state == "connected"
        return peer

    async def consume(self, consumer_id: str = "c", transport_id: str = "in") -> dict[str, Any]:
        consumed = await self.fleet.ask(Consume(ROOM, transport_id, consumer_id, "p", bot_capabilities()))
        return consumed.rtp_parameters


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    fleet = Fleet(RtcSettings(listen_ip="127.0.0.1", udp_port=0, workers=1))
    room = Room(fleet)
    await fleet.start()
    await fleet.open_room(ROOM)
    yield room
    for peer in room.peers:
        await peer.close()
    await fleet.stop()


async def wait_for_pli(peer: Peer) -> None:
    async with asyncio.timeout(5):
        while True:
            packet = await peer.rtcp.get()
            if isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_PLI and packet.media_ssrc == SSRC:
                return


async def receive(peer: Peer, count: int) -> list[RtpPacket]:
    async with asyncio.timeout(5):
        return [await peer.rtp.get() for _ in range(count)]


async def started(room: Room, *, roles: tuple[str, str] = ("client", "client")) -> tuple[Peer, Peer, dict[str, Any]]:
    """A camera sending, a viewer whose consumer is resumed and has asked for a picture."""
    sender = await room.joined("out", "send", role=roles[0])
    viewer = await room.joined("in", "recv", role=roles[1])
    await room.fleet.ask(Produce(ROOM, "out", "p", "video", CAMERA))
    await sender.send_rtp(vp8(1, SSRC, payload_type=120))
    parameters = await room.consume()
    await room.fleet.ask(ResumeConsumer(ROOM, "c"))
    await wait_for_pli(sender)
    return sender, viewer, parameters


@pytest.mark.parametrize("roles", [("client", "client"), ("server", "client"), ("client", "server")])
async def test_a_picture_goes_from_one_peer_to_the_other(room: Room, roles: tuple[str, str]) -> None:
    sender, viewer, parameters = await started(room, roles=roles)
    bodies = [bytes([i]) * 200 for i in range(20)]
    for i, body in enumerate(bodies):
        await sender.send_rtp(vp8(2 + i, SSRC, payload_type=120, key=i == 0, body=body))
    packets = await receive(viewer, len(bodies))
    assert [packet.payload[-200:] for packet in packets] == bodies
    assert {packet.ssrc for packet in packets} == {parameters["encodings"][0]["ssrc"]}
    assert {packet.payload_type for packet in packets} == {96}
    first = packets[0].sequence_number
    assert [(packet.sequence_number - first) % 65536 for packet in packets] == list(range(20))


async def test_a_paused_consumer_gets_nothing_and_a_resumed_one_asks_for_a_picture(room: Room) -> None:
    sender, viewer, _ = await started(room)
    await room.fleet.ask(PauseConsumer(ROOM, "c"))
    await sender.send_rtp(vp8(2, SSRC, payload_type=120, key=True, body=b"unseen"))
    await room.fleet.ask(ResumeConsumer(ROOM, "c"))
    await wait_for_pli(sender)
    await sender.send_rtp(vp8(3, SSRC, payload_type=120, key=True, body=b"seen"))
    (packet,) = await receive(viewer, 1)
    assert packet.payload.endswith(b"seen")
    assert not packet.payload.endswith(b"unseen")


async def test_redundant_sound_is_passed_on_to_some_and_unpacked_for_others(room: Room) -> None:
    sender, taker, other = (
        await room.joined("out", "send"),
        await room.joined("in", "recv"),
        await room.joined("in2", "recv"),
    )
    await room.fleet.ask(Produce(ROOM, "out", "p", "audio", red_microphone()))
    taking = await room.fleet.ask(Consume(ROOM, "in", "c", "p", browser_capabilities()))
    assert [codec["mimeType"] for codec in taking.rtp_parameters["codecs"]] == ["audio/opus", "audio/red"]
    await room.consume("c2", "in2")
    for consumer in ("c", "c2"):
        await room.fleet.ask(ResumeConsumer(ROOM, consumer))
    blocks = bytes([0x80 | 111, 960 >> 6, (960 & 0x3F) << 2, 5, 111]) + b"first" + b"second"
    header = struct.pack("!BBHII", 0x80, 63, 1, 960, red_microphone()["encodings"][0]["ssrc"])
    await sender.send_rtp(header + blocks)
    (whole,), (alone,) = await receive(taker, 1), await receive(other, 1)
    assert (whole.payload_type, whole.payload) == (63, blocks)
    assert (alone.payload_type, alone.payload) == (111, b"second")


async def test_a_wrong_fingerprint_ends_the_transport_and_not_the_others(room: Room) -> None:
    sender, viewer, _ = await started(room)
    await room.join("liar", "recv", honest=False)
    assert [await room.state(), await room.state()] == [("liar", "connecting", ""), ("liar", "failed", "fingerprint")]
    await sender.send_rtp(vp8(2, SSRC, payload_type=120, key=True))
    assert len(await receive(viewer, 1)) == 1


async def test_a_peer_that_says_goodbye_is_noticed(room: Room) -> None:
    viewer = await room.joined("in", "recv")
    await viewer.dtls.stop()
    assert await room.state() == ("in", "closed", "peer_closed")


async def test_a_closed_transport_says_goodbye_and_takes_its_producer_along(room: Room) -> None:
    sender, _, _ = await started(room)
    await room.fleet.ask(CloseTransport(ROOM, "out"))
    await asyncio.wait_for(sender.dtls_closed.wait(), 5)
    statistics = await room.fleet.statistics(ROOM)
    assert [t["id"] for t in statistics["transports"]] == ["in"]
    assert (statistics["producers"], statistics["consumers"]) == ([], [])


async def test_a_consumer_closes_when_its_producer_closes(room: Room) -> None:
    await started(room)
    await room.fleet.ask(CloseProducer(ROOM, "p"))
    with pytest.raises(MediaError) as refusal:
        await room.fleet.ask(RequestKeyframe(ROOM, "c"))
    assert refusal.value.code == "NOT_FOUND"


async def test_an_ice_restart_keeps_the_media_going(room: Room) -> None:
    sender, viewer, _ = await started(room)
    restarted = await room.fleet.ask(RestartIce(ROOM, "out"))
    sender._ice = restarted.ice_parameters
    sender._bound.clear()
    sender.check()
    await asyncio.wait_for(sender._bound.wait(), 5)
    await sender.send_rtp(vp8(2, SSRC, payload_type=120, key=True))
    assert len(await receive(viewer, 1)) == 1


async def test_each_consumer_of_a_transport_has_a_mid_and_ssrcs_of_its_own(room: Room) -> None:
    await started(room)
    first, second = await room.consume("c2"), await room.consume("c3")
    assert [first["mid"], second["mid"]] == ["1", "2"]
    assert first["encodings"][0]["ssrc"] != second["encodings"][0]["ssrc"]


SIMULCAST = {
    **CAMERA,
    "headerExtensions": [{"uri": MID, "id": 4}, {"uri": RID, "id": 10}],
    "encodings": [{"rid": f"r{i}", "scalabilityMode": "L1T1"} for i in range(3)],
}


def layer(spatial: int, sequence: int, *, key: bool = True) -> bytes:
    """A frame of one simulcast layer, which says so in its payload."""
    names = {4: b"0", 10: f"r{spatial}".encode()}
    body = bytes([spatial]) * 100
    return vp8(sequence, 500 + spatial, payload_type=120, key=key, body=body, extensions=names)


async def send_until(sender: Peer, packets: Callable[[int], list[bytes]], fact: Callable[[], bool]) -> None:
    """Frames at a frame's pace, as a camera would, until the fact holds."""
    sequence = 1
    async with asyncio.timeout(10):
        while not fact():
            for packet in packets(sequence):
                await sender.send_rtp(packet)
            sequence += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.02)


async def test_a_consumer_moves_between_simulcast_layers_and_its_stream_stays_whole(room: Room) -> None:
    sender, viewer = await room.joined("out", "send"), await room.joined("in", "recv")
    produced = await room.fleet.ask(Produce(ROOM, "out", "p", "video", SIMULCAST))
    assert produced.type == "simulcast"
    await room.consume()
    await room.fleet.ask(ResumeConsumer(ROOM, "c"))
    seen: list[RtpPacket] = []

    def shows(spatial: int) -> bool:
        while not viewer.rtp.empty():
            seen.append(viewer.rtp.get_nowait())
        return bool(seen) and seen[-1].payload.endswith(bytes([spatial]) * 100)

    def every_layer(sequence: int) -> list[bytes]:
        return [layer(spatial, sequence) for spatial in range(3)]

    await send_until(sender, every_layer, lambda: shows(2))
    answer = await room.fleet.ask(SetConsumerLayers(ROOM, "c", 0, 5))
    assert (answer.spatial_layer, answer.temporal_layer) == (0, 0)
    await send_until(sender, lambda sequence: every_layer(sequence + 2000), lambda: shows(0))
    first = seen[0].sequence_number
    assert [(packet.sequence_number - first) % 65536 for packet in seen] == list(range(len(seen)))
    assert (await room.layers_until(0)).consumer_id == "c"


async def test_the_size_a_picture_is_shown_at_decides_its_layer_and_what_its_sender_is_asked_for(room: Room) -> None:
    sender, viewer = await room.joined("out", "send"), await room.joined("in", "recv")
    await room.fleet.ask(Produce(ROOM, "out", "p", "video", SIMULCAST))
    await room.consume()
    await room.fleet.ask(SetConsumerSize(ROOM, "c", 200, 112))
    await room.fleet.ask(SetConsumerPriority(ROOM, "c", 200))
    await room.fleet.ask(SetProducerPriority(ROOM, "p", 40))
    await room.fleet.ask(ResumeConsumer(ROOM, "c"))

    def every_layer(sequence: int) -> list[bytes]:
        return [layer(spatial, sequence) for spatial in range(3)]

    await send_until(sender, every_layer, lambda: room.wanted == [[True, False, False]])
    packets = [viewer.rtp.get_nowait() for _ in range(viewer.rtp.qsize())]
    assert {packet.payload[-1] for packet in packets} == {0}
    statistics = await room.fleet.ask(GetStatistics(ROOM))
    (consumer,) = statistics.rooms[ROOM]["consumers"]
    (producer,) = statistics.rooms[ROOM]["producers"]
    assert (consumer["priority"], consumer["width"], consumer["height"]) == (200, 200, 112)
    assert (consumer["allotted_spatial_layer"], consumer["limited"]) == (0, False)
    assert (producer["priority"], producer["layers_wanted"]) == (40, [True, False, False])


async def test_a_stranger_at_the_port_hears_nothing_and_disturbs_nobody(room: Room) -> None:
    sender, viewer, _ = await started(room)
    port = room.fleet.workers()[0]["udp_port"]
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.setblocking(False)
    stranger.connect(("127.0.0.1", port))
    unsigned = bytes.fromhex("000100002112a442") + bytes(12)
    client_hello = bytes.fromhex("16fefd0000000000000000002e0100002200000000000000") + bytes(40)
    for datagram in (unsigned, client_hello, vp8(9, SSRC, payload_type=120, key=True), b"", b"\xff" * 1500):
        stranger.send(datagram)
    await sender.send_rtp(vp8(2, SSRC, payload_type=120, key=True, body=b"genuine"))
    (packet,) = await receive(viewer, 1)
    assert packet.payload.endswith(b"genuine")
    with pytest.raises(BlockingIOError):
        stranger.recv(2048)
    stranger.close()


REFUSALS = [
    ("NOT_FOUND", Produce(ROOM, "elsewhere", "p", "video", CAMERA)),
    ("NOT_FOUND", Consume(ROOM, "in", "c", "nobody", bot_capabilities())),
    ("NOT_FOUND", SetConsumerSize(ROOM, "nobody", 640, 360)),
    ("NOT_FOUND", SetConsumerPriority(ROOM, "nobody", 100)),
    ("NOT_FOUND", SetProducerPriority(ROOM, "nobody", 40)),
    ("CONFLICT", CreateTransport(ROOM, "in", "recv")),
    ("VALIDATION", Produce(ROOM, "in", "q", "video", CAMERA)),
    ("VALIDATION", Produce(ROOM, "out", "q", "audio", CAMERA)),
    ("VALIDATION", Produce(ROOM, "out", "q", "video", {})),
    ("VALIDATION", Consume(ROOM, "out", "c", "p", bot_capabilities())),
    ("VALIDATION", Consume(ROOM, "in", "c", "p", {"codecs": []})),
    ("VALIDATION", ConnectTransport(ROOM, "in", {"role": "client", "fingerprints": []})),
    ("CONFLICT", Produce(ROOM, "out", "p", "video", CAMERA)),
]


@pytest.mark.parametrize(("code", "command"), REFUSALS)
async def test_a_command_that_cannot_be_carried_out_is_refused_by_code(room: Room, code: str, command: Any) -> None:
    await room.fleet.ask(CreateTransport(ROOM, "out", "send"))
    await room.fleet.ask(CreateTransport(ROOM, "in", "recv"))
    await room.fleet.ask(Produce(ROOM, "out", "p", "video", CAMERA))
    with pytest.raises(MediaError) as refusal:
        await room.fleet.ask(command)
    assert refusal.value.code == code


async def test_microphones_are_simple_and_share_the_cname_of_their_camera(room: Room) -> None:
    await room.fleet.ask(CreateTransport(ROOM, "out", "send"))
    await room.fleet.ask(CreateTransport(ROOM, "in", "recv"))
    silent = {**CAMERA, "rtcp": {"cname": ""}}
    produced = await room.fleet.ask(Produce(ROOM, "out", "mic", "audio", chromium_microphone(mid="9")))
    await room.fleet.ask(Produce(ROOM, "out", "p", "video", silent))
    assert produced.type == "simple"
    assert (await room.consume())["rtcp"]["cname"] == "chromium"

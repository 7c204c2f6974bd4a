"""Figures are exact: known numbers of packets, losses and feedback through a real worker, each counter compared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
)

from config.settings import RtcSettings
from sfu.commands import MeasureTransport
from sfu.events import TransportReported, WorkerEvent
from sfu.figures import TransportFigures
from sfu.fleet import Fleet
from sfu.worker.figures import report_figures
from tests.sfu.peer import Peer, vp8
from tests.sfu.test_media_through_a_worker import ROOM, SSRC, Room, receive, started
from tests.support.eventually import eventually

PACKETS = 40
SKIPPED = (12, 13, 25)
"""Sequence numbers that the camera never sends at first."""


@pytest.fixture
async def meeting() -> AsyncIterator[Room]:
    fleet = Fleet(RtcSettings(listen_ip="127.0.0.1", udp_port=0, workers=1))
    made = Room(fleet)
    await fleet.start()
    await fleet.open_room(ROOM)
    yield made
    for peer in made.peers:
        await peer.close()
    await fleet.stop()


async def measured(meeting: Room, transport_id: str) -> TransportFigures:
    return (await meeting.fleet.ask(MeasureTransport(ROOM, transport_id))).figures


async def send_rtcp(peer: Peer, packet: Any) -> None:
    await peer.send_rtp(bytes(packet))


def nacks_heard(peer: Peer) -> int:
    """Sequence numbers asked of the peer so far; takes what it heard from its queue."""
    count = 0
    while not peer.rtcp.empty():
        packet = peer.rtcp.get_nowait()
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            count += len(packet.lost)
    return count


async def test_every_packet_and_every_loss_is_counted_once(meeting: Room) -> None:
    sender, viewer, _ = await started(meeting)
    before, out_before = await measured(meeting, "out"), await measured(meeting, "in")
    sent = [
        vp8(number, SSRC, payload_type=120, key=number == 2, body=b"x" * number)
        for number in range(2, 2 + PACKETS)
        if number not in SKIPPED
    ]
    for packet in sent:
        await sender.send_rtp(packet)
    await receive(viewer, len(sent))
    after, out_after = await measured(meeting, "out"), await measured(meeting, "in")

    (stream,), (earlier,) = after.producers[0].streams, before.producers[0].streams
    assert stream.packets - earlier.packets == after.inbound.packets - before.inbound.packets == len(sent)
    assert stream.bytes - earlier.bytes == sum(map(len, sent))
    assert stream.lost == after.inbound.lost == len(SKIPPED)
    assert stream.keyframes == 1
    assert after.packets_in - before.packets_in == len(sent), "nothing but the packets was sent meanwhile"
    (consumer,) = out_after.consumers
    assert consumer.packets == out_after.outbound.packets == len(sent)
    assert out_before.outbound.packets == 0
    assert (after.producers[0].consumers, consumer.producer_id) == (1, "p")


async def test_what_was_asked_for_again_is_what_the_camera_heard(meeting: Room) -> None:
    sender, viewer, _ = await started(meeting)
    for number in (2, 3, 6, 7):
        await sender.send_rtp(vp8(number, SSRC, payload_type=120, key=number == 2))
    await receive(viewer, 4)
    heard = 0

    async def counted() -> bool:
        nonlocal heard
        figures = await measured(meeting, "out")
        heard += nacks_heard(sender)
        return heard >= 2 and figures.inbound.nacked == heard

    await eventually(counted, "as many numbers asked for as were heard")
    for number in (4, 5):
        await sender.send_rtp(vp8(number, SSRC, payload_type=120))

    async def repaired() -> bool:
        return (await measured(meeting, "out")).inbound.lost == 0

    await eventually(repaired, "what was lost has come")


async def test_what_the_viewer_asked_for_and_reported_is_counted(meeting: Room) -> None:
    sender, viewer, parameters = await started(meeting)
    for number in range(2, 12):
        await sender.send_rtp(vp8(number, SSRC, payload_type=120, key=number == 2))
    packets = await receive(viewer, 10)
    ssrc = parameters["encodings"][0]["ssrc"]
    lost = [packet.sequence_number for packet in packets[3:6]]
    await send_rtcp(viewer, RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=ssrc, lost=lost))
    for _ in range(2):
        await send_rtcp(viewer, RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=ssrc))
    info = RtcpReceiverInfo(
        ssrc=ssrc,
        fraction_lost=64,
        packets_lost=7,
        highest_sequence=packets[-1].sequence_number,
        jitter=900,
        lsr=0,
        dlsr=0,
    )
    await send_rtcp(viewer, RtcpRrPacket(ssrc=1, reports=[info]))

    async def taken() -> TransportFigures | None:
        figures = await measured(meeting, "in")
        return figures if figures.outbound.keyframe_requests >= 2 and figures.outbound.lost else None

    figures = await eventually(taken, "the reports have come")
    assert figures is not None
    (consumer,) = figures.consumers
    assert (consumer.packets, consumer.resent, consumer.nacked, consumer.unanswered) == (10, 3, 3, 0)
    assert (consumer.keyframe_requests, consumer.lost, consumer.jitter_ms, consumer.rtt_ms) == (2, 7, 10.0, None)
    assert figures.outbound.resent == 3


async def test_the_sums_of_a_transport_are_those_of_what_it_holds(meeting: Room) -> None:
    sender, viewer, _ = await started(meeting)
    for number in range(2, 12):
        await sender.send_rtp(vp8(number, SSRC, payload_type=120, key=number == 2))
    await receive(viewer, 10)
    statistics = await meeting.fleet.statistics(ROOM)
    workers = meeting.fleet.workers()
    one, other = await measured(meeting, "out"), await measured(meeting, "in")
    assert (one.direction, one.state, other.direction, other.state) == ("send", "connected", "recv", "connected")
    rows = {row["id"]: row for row in statistics["transports"]}
    assert one.packets_in == rows["out"]["received"]["packets"]
    assert not other.producers
    assert not one.consumers
    assert len(workers) == 1


@pytest.mark.slow
async def test_a_worker_reports_each_transport_every_ten_seconds(meeting: Room) -> None:
    told: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def note(event: WorkerEvent) -> None:
        if isinstance(event, TransportReported):
            assert event.room_id == ROOM
            told.put_nowait((loop.time(), event.figures.transport_id))

    meeting.fleet.subscribe(note)
    await started(meeting)
    async with asyncio.timeout(40):
        reports = [await told.get() for _ in range(5)]
    assert [name for _, name in reports[1:]] == [reports[1][1], reports[0][1]] * 2
    rounds = [later - earlier for (earlier, _), (later, _) in zip(reports[1:], reports[3:], strict=False)]
    assert all(9.0 < lasted < 11.5 for lasted in rounds)


@pytest.mark.parametrize(("count", "turns"), [(1, [1]), (4, [1, 1, 1, 1]), (10, [3, 3, 3, 1]), (200, [32] * 6 + [8])])
async def test_reports_come_some_at_a_time_over_the_interval(count: int, turns: list[int]) -> None:
    """No burst of all, and no wake-up for each: a quarter of them at once, at most thirty-two."""
    loop, everyone = asyncio.get_running_loop(), cast("Any", range(count))
    reported: list[list[int]] = [[]]
    done = asyncio.Event()

    def report(one: object) -> None:
        if not reported[-1]:
            loop.call_soon(reported.append, [])  # what comes in a later step of the loop came at another turn
        reported[-1].append(cast("int", one))
        if sum(map(len, reported)) == 2 * count:
            done.set()

    began = loop.time()
    task = asyncio.create_task(report_figures(lambda: everyone, report, 0.2))
    await done.wait()
    task.cancel()
    await asyncio.wait([task])
    assert [one for turn in reported for one in turn] == [*everyone] * 2
    assert [len(turn) for turn in reported if turn] == turns * 2
    assert 0.4 <= loop.time() - began < 2.0

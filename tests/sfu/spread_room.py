"""One room over three real workers: every participant is placed by load alone, so that they land on different ones."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from aiortc.rtp import RTCP_PSFB_PLI, RtcpPsfbPacket, RtpPacket

from config.rtc import RtcSettings
from sfu.commands import ConnectTransport, Consume, CreateTransport, Direction, Produce
from sfu.events import TransportStateChanged, WorkerDied, WorkerEvent
from sfu.fleet import Fleet
from tests.sfu.clients import MID, NACK_PLI_FIR, browser_capabilities
from tests.sfu.peer import Peer, vp8

ROOM = "room"
SPREAD = RtcSettings(listen_ip="127.0.0.1", udp_port=0, workers=3, spread_transports=0)


def camera(ssrc: int) -> dict[str, Any]:
    return {
        "mid": "0",
        "codecs": [{"mimeType": "video/VP8", "payloadType": 120, "clockRate": 90000, "rtcpFeedback": NACK_PLI_FIR}],
        "headerExtensions": [{"uri": MID, "id": 4}],
        "encodings": [{"ssrc": ssrc}],
        "rtcp": {"cname": "camera"},
    }


class SpreadRoom:
    """Transports are called `<participant>-send` and `<participant>-recv`."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.deaths: asyncio.Queue[WorkerDied] = asyncio.Queue()
        self._connected: dict[str, asyncio.Event] = {}
        self._peers: list[Peer] = []
        fleet.subscribe(self._told)

    def _told(self, event: WorkerEvent) -> None:
        if isinstance(event, WorkerDied):
            self.deaths.put_nowait(event)
        if isinstance(event, TransportStateChanged) and event.state == "connected":
            self._connected.setdefault(event.transport_id, asyncio.Event()).set()

    async def create(self, participant: str, direction: Direction) -> Any:
        name = f"{participant}-{direction}"
        return await self.fleet.ask(CreateTransport(ROOM, name, direction, participant_id=participant))

    async def join(self, participant: str, direction: Direction) -> Peer:
        """The participant's transport with a peer behind it, connected."""
        peer, name = Peer(), f"{participant}-{direction}"
        self._peers.append(peer)
        created = await self.create(participant, direction)
        await self.fleet.ask(ConnectTransport(ROOM, name, peer.dtls_parameters("client")))
        await peer.connect_ice(created.ice_parameters, created.ice_candidates[0])
        await peer.connect_dtls("client", created.dtls_parameters)
        await asyncio.wait_for(self._connected.setdefault(name, asyncio.Event()).wait(), 5)
        return peer

    async def produce(self, participant: str, producer_id: str, ssrc: int) -> None:
        await self.fleet.ask(Produce(ROOM, f"{participant}-send", producer_id, "video", camera(ssrc)))

    async def consume(self, participant: str, producer_id: str) -> dict[str, Any]:
        """The consumer is called `<participant>-<producer>`."""
        name = f"{participant}-{producer_id}"
        command = Consume(ROOM, f"{participant}-recv", name, producer_id, browser_capabilities())
        consumed = await self.fleet.ask(command)
        return consumed.rtp_parameters

    async def rows(self, kind: str) -> list[dict[str, Any]]:
        return (await self.fleet.statistics(ROOM))[kind]

    async def workers_of(self, *participants: str) -> list[int]:
        """The worker of each participant's transports."""
        rows = await self.rows("transports")
        workers = [{row["worker"] for row in rows if row["id"].startswith(f"{name}-")} for name in participants]
        assert all(len(of_one) == 1 for of_one in workers), workers
        return [of_one.pop() for of_one in workers]

    async def close(self) -> None:
        for peer in self._peers:
            await peer.close()


async def asked_for_picture(peer: Peer, ssrc: int) -> None:
    async with asyncio.timeout(5):
        while True:
            packet = await peer.rtcp.get()
            if isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_PLI and packet.media_ssrc == ssrc:
                return


async def see(viewer: Peer, text: bytes, sender: Peer, ssrc: int, *, after: int = 1) -> None:
    """The sender shows a picture that ends with `text`, as often as it takes for the viewer to get it."""
    sequence = after
    async with asyncio.timeout(5):
        while True:
            sequence += 1
            await sender.send_rtp(vp8(sequence, ssrc, payload_type=120, key=True, body=b"-" + text))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    while not (await viewer.rtp.get()).payload.endswith(b"-" + text):
                        pass
                    return


async def receive(peer: Peer, count: int) -> list[RtpPacket]:
    async with asyncio.timeout(5):
        return [await peer.rtp.get() for _ in range(count)]

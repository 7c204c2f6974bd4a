"""A WebRTC client in Python that carries data too: aiortc's own SCTP and data channels over the peer's DTLS."""

from __future__ import annotations

import asyncio
from typing import Any

from aiortc.rtcdatachannel import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcsctptransport import DataChunk, RTCSctpCapabilities, RTCSctpTransport

from tests.sfu.peer import Peer

MAX_MESSAGE = 262_144


class DataPeer(Peer):
    def __init__(self) -> None:
        super().__init__()
        self.sctp = RTCSctpTransport(self.dtls, 5000)

    async def connect_sctp(self) -> None:
        """Our INIT is on its way when this returns."""
        await self.sctp.start(RTCSctpCapabilities(maxMessageSize=MAX_MESSAGE), 5000)

    def channel(self, stream_parameters: dict[str, Any], label: str = "", protocol: str = "") -> Channel:
        return Channel(self.sctp, stream_parameters, label, protocol)

    def never_acknowledges(self) -> None:
        async def silence() -> None:
            """In place of a SACK."""

        self.sctp._send_sack = silence

    def loses(self, payload: bytes) -> None:
        """The first packet that carries it, on its way here."""
        receive, lost = self.sctp._receive_data_chunk, []

        async def with_loss(chunk: DataChunk) -> None:
            if chunk.user_data == payload and not lost:
                lost.append(chunk.tsn)
            else:
                await receive(chunk)

        self.sctp._receive_data_chunk = with_loss

    async def close(self) -> None:
        await self.sctp.stop()
        await super().close()


class Channel:
    """A data channel that both sides agreed on, as mediasoup-client makes them; `heard` is what came in."""

    def __init__(self, sctp: RTCSctpTransport, stream: dict[str, Any], label: str, protocol: str) -> None:
        self.heard: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.opened = asyncio.Event()
        self.closed = asyncio.Event()
        self.rtc = RTCDataChannel(
            sctp,
            RTCDataChannelParameters(
                label=label,
                protocol=protocol,
                negotiated=True,
                id=stream["streamId"],
                ordered=stream.get("ordered", True),
                maxPacketLifeTime=stream.get("maxPacketLifeTime"),
                maxRetransmits=stream.get("maxRetransmits"),
            ),
        )
        self.rtc.on("message", self.heard.put_nowait)
        self.rtc.on("open", self.opened.set)
        self.rtc.on("close", self.closed.set)
        if self.rtc.readyState == "open":
            self.opened.set()

    async def send(self, *messages: str | bytes) -> None:
        await asyncio.wait_for(self.opened.wait(), 10)
        for message in messages:
            self.rtc.send(message)

    async def next(self) -> str | bytes:
        return await asyncio.wait_for(self.heard.get(), 10)

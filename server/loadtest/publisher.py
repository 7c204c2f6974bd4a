"""Sends what sources make, in time, and gives key frames to whoever asks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpSenderInfo, RtcpSrPacket

from server.loadtest.connection import Connection
from server.loadtest.source import AudioSource, VideoSource
from server.loadtest.tally import Tally

REPORT_INTERVAL_S = 1.0
_PLI, _FIR = 1, 4

Source = VideoSource | AudioSource


class Publisher:
    """`run()` until cancelled. A tick that comes late is made up for; one that comes very late is left out."""

    def __init__(
        self, connection: Connection, sources: list[Source], tally: Tally, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._connection = connection
        self._sources = sources
        self._tally = tally
        self._now_ns = now_ns
        connection.on_rtcp = self._feedback

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for source in self._sources:
                tasks.create_task(self._send(source))
            tasks.create_task(self._report())

    async def _send(self, source: Source) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            for packet in source.packets(self._now_ns()):
                self._connection.send_rtp(packet)
                self._tally.packets_sent += 1
                self._tally.bytes_sent += len(packet)
            due = max(due + source.interval_s, clock() - 10 * source.interval_s)
            await asyncio.sleep(due - clock())

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_INTERVAL_S)
            for source in self._sources:
                for stream in source.streams():
                    info = RtcpSenderInfo(**stream.sender_info(self._now_ns()))
                    self._connection.send_rtcp(bytes(RtcpSrPacket(ssrc=stream.ssrc, sender_info=info)))

    def _feedback(self, compound: bytes, _received_ns: int) -> None:
        try:
            packets = RtcpPacket.parse(compound)
        except ValueError:
            return
        for packet in packets:
            if isinstance(packet, RtcpPsfbPacket) and packet.fmt in (_PLI, _FIR):
                ssrc = packet.media_ssrc or int.from_bytes(packet.fci[:4], "big")
                for source in self._sources:
                    source.want_key_frame(ssrc)

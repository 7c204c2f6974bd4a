"""Receives, counts and measures, and reports back once a second as a receiver does (RFC 3550 section 6.4.2)."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable

from aiortc.rtp import RtcpPacket, RtcpReceiverInfo, RtcpRrPacket, RtcpSrPacket

from server.loadtest.connection import Connection
from server.loadtest.stamp import read_stamp
from server.loadtest.tally import Tally

REPORT_INTERVAL_S = 1.0
_HALF = 1 << 15
_HEADER = struct.Struct("!BBHII")


class Reception:
    """One stream by its sequence numbers."""

    def __init__(self, first: int) -> None:
        self.received = 0
        self._first = first
        self._highest = first - 1
        self._last_report: tuple[int, int] = (0, 0)
        self._last_written_ns = 0
        self._last_received_ns = 0
        self.sender_report: tuple[int, float] = (0, 0.0)
        """The middle of the last one's NTP time, and when it came on the loop's clock."""

    @property
    def expected(self) -> int:
        return self._highest - self._first + 1

    @property
    def highest(self) -> int:
        """Extended by the number of cycles, in 32 bits."""
        return self._highest & 0xFFFFFFFF

    def take(self, sequence: int) -> int:
        """How many more packets are expected since."""
        self.received += 1
        ahead = sequence - self._highest & 0xFFFF
        if ahead >= _HALF:
            return 0
        self._highest += ahead
        return ahead

    def paused_micros(self, written_ns: int, received_ns: int) -> int:
        """How much longer than its sender the stream paused before this packet: its sender's own pauses are none.

        0 for the first one, and for one that was overtaken.
        """
        first = not self._last_written_ns
        written, received = written_ns - self._last_written_ns, received_ns - self._last_received_ns
        if not first and written < 0:
            return 0
        self._last_written_ns, self._last_received_ns = written_ns, received_ns
        return 0 if first else max((received - written) // 1000, 0)

    def fraction_lost(self) -> int:
        """Since the last call, in 1/256."""
        (expected_before, received_before), self._last_report = self._last_report, (self.expected, self.received)
        expected = self.expected - expected_before
        lost = max(expected - (self.received - received_before), 0)
        return min(lost * 256 // expected, 255) if expected > 0 else 0


class Subscriber:
    """`run()` until cancelled."""

    def __init__(self, connection: Connection, tally: Tally, on_first: Callable[[], None]) -> None:
        self._connection = connection
        self._tally = tally
        self._on_first = on_first
        self._streams: dict[int, Reception] = {}
        self._wanted: set[int] = set()
        connection.on_rtp = self._media
        connection.on_rtcp = self._control

    def expect(self, ssrc: int) -> None:
        """A consumer's SSRC; what comes under others is counted as refused."""
        self._wanted.add(ssrc)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(REPORT_INTERVAL_S)
            blocks = [self._block(ssrc, stream, loop.time()) for ssrc, stream in self._streams.items()]
            for start in range(0, len(blocks), 31):
                report = RtcpRrPacket(ssrc=1, reports=blocks[start : start + 31])
                self._connection.send_rtcp(bytes(report))

    def _media(self, packet: bytes, received_ns: int) -> None:
        _, _, sequence, _, ssrc = _HEADER.unpack_from(packet)
        if ssrc not in self._wanted:
            self._tally.refused += 1
            return
        stream = self._streams.get(ssrc)
        if stream is None:
            if not self._streams:
                self._on_first()
            stream = self._streams[ssrc] = Reception(sequence)
        tally = self._tally
        tally.packets_expected += stream.take(sequence)
        tally.packets_received += 1
        tally.bytes_received += len(packet)
        written_ns = read_stamp(packet)
        if written_ns is not None:
            received_ns = received_ns or time.time_ns()
            tally.latency.add((received_ns - written_ns) // 1000)
            tally.pauses.add(stream.paused_micros(written_ns, received_ns))

    def _control(self, compound: bytes, _received_ns: int) -> None:
        try:
            packets = RtcpPacket.parse(compound)
        except ValueError:
            return
        for packet in packets:
            if isinstance(packet, RtcpSrPacket) and packet.ssrc in self._streams:
                middle = packet.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF
                self._streams[packet.ssrc].sender_report = (middle, asyncio.get_running_loop().time())

    def _block(self, ssrc: int, stream: Reception, now: float) -> RtcpReceiverInfo:
        middle, at = stream.sender_report
        lost = stream.expected - stream.received
        return RtcpReceiverInfo(
            ssrc=ssrc,
            fraction_lost=stream.fraction_lost(),
            packets_lost=max(min(lost, (1 << 23) - 1), 0),
            highest_sequence=stream.highest,
            jitter=0,
            lsr=middle,
            dlsr=int((now - at) * 65536) & 0xFFFFFFFF if middle else 0,
        )

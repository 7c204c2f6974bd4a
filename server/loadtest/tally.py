"""What a load test counts. Each generator process has one and tells it once a second; the parent adds them up."""

from __future__ import annotations

from collections import Counter

import msgspec

from server.loadtest.histogram import Histogram


class Snapshot(msgspec.Struct):
    """A tally as it travels between processes: everything since the start."""

    joined: int
    failed: dict[str, int]
    lost_connections: int
    packets_sent: int
    bytes_sent: int
    packets_received: int
    bytes_received: int
    packets_expected: int
    refused: int
    cpu_s: float
    join_micros: dict[int, int]
    first_media_micros: dict[int, int]
    latency_micros: dict[int, int]
    pause_micros: dict[int, int]
    final: bool = False


class Tally:
    """Bytes are of RTP packets, without SRTP's tag, UDP and IP."""

    def __init__(self) -> None:
        self.joined = 0
        self.failed: Counter[str] = Counter()
        """By error code, or by the kind of failure in lower case: ice, dtls, timeout, connection."""
        self.lost_connections = 0
        """Transports or sessions that ended before the test did."""
        self.packets_sent = 0
        self.bytes_sent = 0
        self.packets_received = 0
        self.bytes_received = 0
        self.packets_expected = 0
        """By the sequence numbers of what arrived."""
        self.refused = 0
        """Packets that arrived and did not authenticate, or were not ours."""
        self.cpu_s = 0.0
        self.joining = Histogram()
        """From the first byte of the connection to the reply to `room:join`."""
        self.first_media = Histogram()
        """From the first byte of the connection to the first media packet."""
        self.latency = Histogram()
        """From a packet's writing at the publisher to the kernel's receive time at the subscriber."""
        self.pauses = Histogram()
        """By how much longer than its publisher each stream paused, packet by packet: the longest is a freeze."""

    @property
    def lost(self) -> int:
        return max(self.packets_expected - self.packets_received, 0)

    @property
    def loss_percent(self) -> float:
        return 100 * self.lost / self.packets_expected if self.packets_expected else 0.0

    def snapshot(self, *, final: bool = False) -> Snapshot:
        return Snapshot(
            joined=self.joined,
            failed=dict(self.failed),
            lost_connections=self.lost_connections,
            packets_sent=self.packets_sent,
            bytes_sent=self.bytes_sent,
            packets_received=self.packets_received,
            bytes_received=self.bytes_received,
            packets_expected=self.packets_expected,
            refused=self.refused,
            cpu_s=self.cpu_s,
            join_micros=self.joining.counts(),
            first_media_micros=self.first_media.counts(),
            latency_micros=self.latency.counts(),
            pause_micros=self.pauses.counts(),
            final=final,
        )

    def add(self, other: Snapshot) -> None:
        self.joined += other.joined
        self.failed.update(other.failed)
        self.lost_connections += other.lost_connections
        self.packets_sent += other.packets_sent
        self.bytes_sent += other.bytes_sent
        self.packets_received += other.packets_received
        self.bytes_received += other.bytes_received
        self.packets_expected += other.packets_expected
        self.refused += other.refused
        self.cpu_s += other.cpu_s
        self.joining.merge(Histogram(other.join_micros))
        self.first_media.merge(Histogram(other.first_media_micros))
        self.latency.merge(Histogram(other.latency_micros))
        self.pauses.merge(Histogram(other.pause_micros))

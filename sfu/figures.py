"""What is measured of a transport and of the media on it, as plain numbers: told every ten seconds and on request.

Counters run since their object began. Bitrates are bits per second over the last full second. `in` is what the worker
receives from the browser, `out` what it sends there. `nacked` counts sequence numbers asked for again,
`keyframe_requests` PLI and FIR: by the worker for what comes in, by the browser for what goes out. `lost` is the
cumulative loss of RFC 3550 section 6.4.1, negative when more came than was sent.
"""

from __future__ import annotations

from typing import Literal

import msgspec

ROWS_LIMIT = 256
"""Producers, and consumers, that are told one by one; the sums hold all."""


class Figures(msgspec.Struct, frozen=True):
    """Numbers about one thing."""


class StreamFigures(Figures, frozen=True):
    """One encoding of a producer; `packets` include retransmissions, `recovered` counts those."""

    rid: str | None
    active: bool
    packets: int
    bytes: int
    recovered: int
    lost: int
    nacked: int
    keyframe_requests: int
    keyframes: int
    jitter_ms: float
    bitrate: int


class ProducerFigures(Figures, frozen=True):
    producer_id: str
    kind: Literal["audio", "video"]
    mime_type: str
    paused: bool
    consumers: int
    streams: list[StreamFigures]


class ConsumerFigures(Figures, frozen=True):
    """`packets` without retransmissions, which are `resent`. Layers are -1 when none flows. `lost`, `jitter_ms` and
    `rtt_ms` are what its receiver last reported."""

    consumer_id: str
    producer_id: str
    kind: Literal["audio", "video"]
    paused: bool
    spatial_layer: int
    temporal_layer: int
    packets: int
    bytes: int
    resent: int
    lost: int
    nacked: int
    unanswered: int
    keyframe_requests: int
    jitter_ms: float
    bitrate: int
    rtt_ms: float | None


class Inbound(Figures, frozen=True):
    """Sums over the producers of a transport; `jitter_ms` is the greatest."""

    packets: int
    bytes: int
    recovered: int
    lost: int
    nacked: int
    keyframe_requests: int
    jitter_ms: float
    bitrate: int


class Outbound(Figures, frozen=True):
    """Sums over the consumers of a transport; `jitter_ms` is the greatest, `rtt_ms` the median."""

    packets: int
    bytes: int
    resent: int
    lost: int
    nacked: int
    unanswered: int
    keyframe_requests: int
    jitter_ms: float
    bitrate: int
    rtt_ms: float | None


class TransportFigures(Figures, frozen=True):
    """`packets` and `bytes` count all datagrams, also those of ICE, DTLS and RTCP, without UDP and IP headers.

    `estimate` is what the path to the browser is taken to carry, bits per second; None while nothing tells.
    `left_out` counts producers and consumers that are in the sums and not among the rows.
    """

    transport_id: str
    direction: Literal["send", "recv"]
    state: str
    packets_in: int
    bytes_in: int
    packets_out: int
    bytes_out: int
    drops: dict[str, int]
    estimate: int | None
    inbound: Inbound
    outbound: Outbound
    producers: list[ProducerFigures]
    consumers: list[ConsumerFigures]
    left_out: int = 0

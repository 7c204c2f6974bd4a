"""What was measured of connections: recorded every ten seconds.

Counters run since their object began; bitrates are bits per second over the last full second. `in` is what the server
received from the participant, `out` what it sent them. `nacked` counts sequence numbers asked for again,
`keyframe_requests` PLI and FIR. `lost` is the cumulative loss of RFC 3550 section 6.4.1, negative when more came than
was sent.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from .media import Kind
from .payload import Identifier, Payload, Reason

Count = Annotated[int, Field(ge=0)]
Milliseconds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]

ROWS_LIMIT = 16
"""Producers, and consumers, that are recorded one by one; the sums hold all."""


class Figures(BaseModel):
    """Numbers about one thing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StreamFigures(Figures):
    """One encoding of a producer; `packets` include retransmissions, `recovered` counts those."""

    rid: Reason | None = None
    active: bool
    packets: Count
    bytes: Count
    recovered: Count
    lost: int
    nacked: Count
    keyframe_requests: Count
    keyframes: Count
    jitter_ms: Milliseconds
    bitrate: Count


class ProducerFigures(Figures):
    producer_id: Identifier
    kind: Kind
    mime_type: Reason
    paused: bool
    consumers: Count
    streams: list[StreamFigures]


class ConsumerFigures(Figures):
    """`packets` without retransmissions, which are `resent`. Layers are -1 when none flows."""

    consumer_id: Identifier
    producer_id: Identifier
    kind: Kind
    paused: bool
    spatial_layer: int
    temporal_layer: int
    packets: Count
    bytes: Count
    resent: Count
    lost: int
    nacked: Count
    unanswered: Count
    keyframe_requests: Count
    jitter_ms: Milliseconds
    bitrate: Count
    rtt_ms: Milliseconds | None = None


class Inbound(Figures):
    """Sums over the producers; `jitter_ms` is the greatest."""

    packets: Count
    bytes: Count
    recovered: Count
    lost: int
    nacked: Count
    keyframe_requests: Count
    jitter_ms: Milliseconds
    bitrate: Count


class Outbound(Figures):
    """Sums over the consumers; `jitter_ms` is the greatest, `rtt_ms` the median."""

    packets: Count
    bytes: Count
    resent: Count
    lost: int
    nacked: Count
    unanswered: Count
    keyframe_requests: Count
    jitter_ms: Milliseconds
    bitrate: Count
    rtt_ms: Milliseconds | None = None


class TransportStats(Payload):
    """One transport. `packets_*` and `bytes_*` count all datagrams, also those of ICE, DTLS and RTCP.

    `estimate` is what the path to the participant was taken to carry, bits per second. `left_out` counts producers and
    consumers that are in the sums and not among the rows.
    """

    type = "transport.stats"

    transport_id: Identifier
    direction: Reason
    state: Reason
    packets_in: Count
    bytes_in: Count
    packets_out: Count
    bytes_out: Count
    drops: dict[Reason, Count]
    estimate: Count | None = None
    inbound: Inbound
    outbound: Outbound
    producers: Annotated[list[ProducerFigures], Field(max_length=ROWS_LIMIT)]
    consumers: Annotated[list[ConsumerFigures], Field(max_length=ROWS_LIMIT)]
    left_out: Count = 0


class ConnectionStats(Payload):
    """How a participant's connection did since the last of these.

    `loss_*` are shares of packets, 0 to 1, after the jitter buffer's retransmissions had their chance. `quality` is an
    estimated mean opinion score, 1 (bad) to 4.5 (as good as it gets), of the worse direction.
    """

    type = "connection.stats"

    rtt_ms: Milliseconds | None = None
    loss_in: Share
    loss_out: Share
    jitter_in_ms: Milliseconds
    jitter_out_ms: Milliseconds
    bitrate_in: Count
    bitrate_out: Count
    estimate: Count | None = None
    quality: Annotated[float, Field(ge=1, le=5)]

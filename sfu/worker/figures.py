"""A transport's figures: what the data plane measured, in the units and under the ids that others know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from math import ceil
from statistics import median
from typing import Any

from sfu.figures import (
    ROWS_LIMIT,
    ConsumerFigures,
    Inbound,
    Outbound,
    ProducerFigures,
    StreamFigures,
    TransportFigures,
)
from sfu.worker.consumer import Consumer
from sfu.worker.producer import Producer
from sfu.worker.room import Room
from sfu.worker.transport import Transport

IDLE_S = 1.0
"""How long to wait for the first transport."""
TURNS = 4
"""In an interval. What is told together is handled together: a report alone costs server and worker three times as
much, most of it for waking up."""
TURN_LIMIT = 32
"""Reports in one turn; with more transports there are more turns, so that nobody waits behind a long one."""

Row = Mapping[str, Any]


def transport_figures(room: Room, transport: Transport, measured: Row) -> TransportFigures:
    """`measured` is `DataPlane.transport_statistics()` of this transport."""
    row = measured["transports"][transport.handle]
    producers = [
        _producer(producer, measured["producers"][producer.handle])
        for producer in room.producers_on(transport)
        if producer.handle in measured["producers"]
    ]
    consumers = [
        _consumer(consumer, measured["consumers"][consumer.handle])
        for consumer in room.consumers_on(transport)
        if consumer.handle in measured["consumers"]
    ]
    return TransportFigures(
        transport_id=transport.id,
        direction=transport.direction,
        state=transport.state,
        packets_in=row["received"]["packets"],
        bytes_in=row["received"]["bytes"],
        packets_out=row["sent"]["packets"],
        bytes_out=row["sent"]["bytes"],
        drops={reason: count for reason, count in row["drops"].items() if count},
        estimate=row["estimate"],
        inbound=_inbound([stream for producer in producers for stream in producer.streams]),
        outbound=_outbound(consumers),
        producers=producers[:ROWS_LIMIT],
        consumers=consumers[:ROWS_LIMIT],
        left_out=max(0, len(producers) - ROWS_LIMIT) + max(0, len(consumers) - ROWS_LIMIT),
    )


def _producer(producer: Producer, row: Row) -> ProducerFigures:
    clock_rate = producer.media.codec.clock_rate
    return ProducerFigures(
        producer_id=producer.id,
        kind=producer.media.kind,
        mime_type=producer.media.codec.mime_type,
        paused=producer.paused,
        consumers=row["consumers"],
        streams=[_stream(stream, clock_rate) for stream in row["streams"]],
    )


def _stream(row: Row, clock_rate: int) -> StreamFigures:
    return StreamFigures(
        rid=row["rid"],
        active=row["active"],
        packets=row["received"]["packets"],
        bytes=row["received"]["bytes"],
        recovered=row["recovered"],
        lost=row["lost"],
        nacked=row["nacked"],
        keyframe_requests=row["keyframe_requests"],
        keyframes=row["keyframes"],
        jitter_ms=_milliseconds(row["jitter"] / clock_rate),
        bitrate=row["bitrate"],
    )


def _consumer(consumer: Consumer, row: Row) -> ConsumerFigures:
    media = consumer.producer.media
    round_trip = row["round_trip"]
    return ConsumerFigures(
        consumer_id=consumer.id,
        producer_id=consumer.producer.id,
        kind=media.kind,
        paused=consumer.paused,
        spatial_layer=row["spatial_layer"],
        temporal_layer=row["temporal_layer"],
        packets=row["sent"]["packets"],
        bytes=row["sent"]["bytes"],
        resent=row["resent"]["packets"],
        lost=row["lost"],
        nacked=row["nacked"],
        unanswered=row["unanswered"],
        keyframe_requests=row["keyframe_requests"],
        jitter_ms=_milliseconds(row["jitter"] / media.codec.clock_rate),
        bitrate=row["bitrate"],
        rtt_ms=None if round_trip is None else _milliseconds(round_trip),
    )


def _inbound(streams: list[StreamFigures]) -> Inbound:
    return Inbound(
        packets=sum(stream.packets for stream in streams),
        bytes=sum(stream.bytes for stream in streams),
        recovered=sum(stream.recovered for stream in streams),
        lost=sum(stream.lost for stream in streams),
        nacked=sum(stream.nacked for stream in streams),
        keyframe_requests=sum(stream.keyframe_requests for stream in streams),
        jitter_ms=max((stream.jitter_ms for stream in streams), default=0.0),
        bitrate=sum(stream.bitrate for stream in streams),
    )


def _outbound(consumers: list[ConsumerFigures]) -> Outbound:
    trips = [consumer.rtt_ms for consumer in consumers if consumer.rtt_ms is not None]
    return Outbound(
        packets=sum(consumer.packets for consumer in consumers),
        bytes=sum(consumer.bytes for consumer in consumers),
        resent=sum(consumer.resent for consumer in consumers),
        lost=sum(consumer.lost for consumer in consumers),
        nacked=sum(consumer.nacked for consumer in consumers),
        unanswered=sum(consumer.unanswered for consumer in consumers),
        keyframe_requests=sum(consumer.keyframe_requests for consumer in consumers),
        jitter_ms=max((consumer.jitter_ms for consumer in consumers), default=0.0),
        bitrate=sum(consumer.bitrate for consumer in consumers),
        rtt_ms=median(trips) if trips else None,
    )


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)


async def report_figures(
    transports: Callable[[], Iterable[Transport]], report: Callable[[Transport], None], interval_s: float
) -> None:
    """Each transport once in `interval_s`, some of them at each turn. Until cancelled."""
    while True:
        everyone = list(transports())
        if not everyone:
            await asyncio.sleep(min(IDLE_S, interval_s))
        for turn in _turns(everyone):
            await asyncio.sleep(interval_s * len(turn) / len(everyone))
            for transport in turn:
                report(transport)


def _turns(transports: list[Transport]) -> list[list[Transport]]:
    size = max(1, min(TURN_LIMIT, ceil(len(transports) / TURNS)))
    return [transports[begin : begin + size] for begin in range(0, len(transports), size)]

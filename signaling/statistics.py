"""Workers' figures on their way to the record, the log and whoever asks: per transport, and per participant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
import structlog

from persistence.events import ConnectionStats, TransportStats
from persistence.events.statistics import ROWS_LIMIT
from sfu.events import TransportReported
from sfu.figures import ConsumerFigures, StreamFigures, TransportFigures
from signaling.facts import Facts
from signaling.media import Transport
from signaling.participant import Participant
from signaling.quality import opinion_score

_SUMS: Final = ("packets_in", "bytes_in", "packets_out", "bytes_out", "estimate", "inbound", "outbound", "drops")
log = structlog.get_logger(__name__)


class Statistics:
    """Keeps the last two figures of each transport on the transport itself, so they end with it."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def take(self, transport: Transport, event: TransportReported) -> None:
        owner = transport.owner
        transport.figures = (transport.figures[1], event.figures)
        fact = recorded(event.figures)
        self._facts.note(event.room_id, fact, owner.id)
        log.info(
            "transport_stats",
            meeting_id=event.room_id,
            participant_id=owner.id,
            transport_id=transport.id,
            direction=transport.direction,
            state=event.figures.state,
            **{name: msgspec.to_builtins(getattr(event.figures, name)) for name in _SUMS},
        )
        # With the first of their transports, so that each round of reports makes one of these.
        if next(iter(owner.transports.values()), None) is transport:
            owner.connection = connection_stats(owner)
            self._facts.note(event.room_id, owner.connection, owner.id)


def recorded(figures: TransportFigures) -> TransportStats:
    """With the rows that say most: those with the most loss, then those with the most traffic."""
    if max(len(figures.producers), len(figures.consumers)) > ROWS_LIMIT:
        figures = _shortened(figures)
    return TransportStats.model_validate(msgspec.to_builtins(figures))


def _shortened(figures: TransportFigures) -> TransportFigures:
    producers = sorted(figures.producers, key=lambda row: -sum(stream.bitrate for stream in row.streams))[:ROWS_LIMIT]
    consumers = sorted(figures.consumers, key=lambda row: (-row.lost, -row.bitrate))[:ROWS_LIMIT]
    dropped = len(figures.producers) + len(figures.consumers) - len(producers) - len(consumers)
    left_out = figures.left_out + dropped
    return msgspec.structs.replace(figures, producers=producers, consumers=consumers, left_out=left_out)


def connection_stats(participant: Participant) -> ConnectionStats:
    """From the last figures of all their transports."""
    pairs = [transport.figures for transport in participant.transports.values()]
    now = [after for _, after in pairs if after is not None]
    loss_in = _loss((before, after) for pair in pairs for before, after in _streams(*pair))
    loss_out = _loss((before, after) for pair in pairs for before, after in _consumers(*pair))
    trips = [figures.outbound.rtt_ms for figures in now if figures.outbound.rtt_ms is not None]
    jitter_in = max((figures.inbound.jitter_ms for figures in now), default=0.0)
    jitter_out = max((figures.outbound.jitter_ms for figures in now), default=0.0)
    return ConnectionStats(
        rtt_ms=max(trips, default=None),
        loss_in=loss_in,
        loss_out=loss_out,
        jitter_in_ms=jitter_in,
        jitter_out_ms=jitter_out,
        bitrate_in=sum(figures.inbound.bitrate for figures in now),
        bitrate_out=sum(figures.outbound.bitrate for figures in now),
        estimate=max((figures.estimate for figures in now if figures.estimate is not None), default=None),
        quality=min(
            opinion_score(rtt_ms=max(trips, default=0.0), jitter_ms=jitter, loss=loss)
            for jitter, loss in ((jitter_in, loss_in), (jitter_out, loss_out))
        ),
    )


Counted = StreamFigures | ConsumerFigures
Interval = tuple[Counted | None, Counted]


def _streams(before: TransportFigures | None, after: TransportFigures | None) -> Iterable[Interval]:
    earlier = {(p.producer_id, s.rid): s for p in (before.producers if before else ()) for s in p.streams}
    for producer in after.producers if after else ():
        for stream in producer.streams:
            yield earlier.get((producer.producer_id, stream.rid)), stream


def _consumers(before: TransportFigures | None, after: TransportFigures | None) -> Iterable[Interval]:
    earlier = {consumer.consumer_id: consumer for consumer in (before.consumers if before else ())}
    for consumer in after.consumers if after else ():
        yield earlier.get(consumer.consumer_id), consumer


def _loss(intervals: Iterable[Interval]) -> float:
    """Share of packets lost between two reports, over everything that was counted in both or is new."""
    packets = lost = 0
    for before, after in intervals:
        packets += max(0, after.packets - (before.packets if before else 0))
        lost += max(0, after.lost - (before.lost if before else 0))
    return round(min(lost / (packets + lost), 1.0), 4) if packets + lost else 0.0

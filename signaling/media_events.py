"""What workers tell, brought to those it concerns."""

from __future__ import annotations

from functools import partial

import structlog

from persistence.events import LayerAdjusted
from sfu.events import (
    AudioLevels,
    ConsumerLayersChanged,
    DataConsumerClosed,
    DataProducerClosed,
    ProducerLayersWanted,
    TransportReported,
    TransportStateChanged,
    WorkerDied,
    WorkerEvent,
)
from signaling.closing import Closing
from signaling.data_closing import DataClosing
from signaling.facts import Facts
from signaling.media import Consumer
from signaling.messages import catalogue
from signaling.messages import media as messages
from signaling.recovery import Recovery
from signaling.rooms import Registry
from signaling.speaking import Speaking
from signaling.statistics import Statistics

CONSENT_EXPIRED = "consent_expired"
"""Nothing is sent any more, and everything is kept: the path may come back for as long as its owner stays."""

log = structlog.get_logger(__name__)


class MediaEvents:
    """A sink for worker events. What takes time is done by the session it belongs to or, for a whole room, by recovery.

    What is posted to a session is bounded by its tables: a transport ends once.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        closing: Closing,
        data_closing: DataClosing,
        facts: Facts,
        recovery: Recovery,
        speaking: Speaking,
    ) -> None:
        self._registry = registry
        self._closing = closing
        self._data_closing = data_closing
        self._facts = facts
        self._recovery = recovery
        self._speaking = speaking
        self._statistics = Statistics(facts)

    def sink(self, event: WorkerEvent) -> None:
        """Takes each event at once and without waiting; events of no concern to participants are left to others."""
        match event:
            case TransportStateChanged():
                self._transport_changed(event)
            case ConsumerLayersChanged():
                self._layers_changed(event)
            case DataProducerClosed():
                self._data_closing.producer_ended(event)
            case DataConsumerClosed():
                self._data_closing.consumer_ended(event)
            case ProducerLayersWanted():
                self._layers_wanted(event)
            case AudioLevels():
                self._speaking.take(event)
            case TransportReported():
                self._transport_reported(event)
            case WorkerDied():
                self._worker_died(event)

    def _transport_changed(self, event: TransportStateChanged) -> None:
        room = self._registry.get(event.room_id)
        transport = room.transports.get(event.transport_id) if room else None
        if transport is None or transport.ending or event.state not in {"failed", "closed"}:
            return
        if event.reason == CONSENT_EXPIRED:
            log.info("consent_expired", meeting_id=event.room_id, transport_id=event.transport_id)
            return
        transport.ending = True
        reason = event.reason or event.state
        transport.owner.post(partial(self._closing.close_transport, transport, reason=reason))

    def _transport_reported(self, event: TransportReported) -> None:
        room = self._registry.get(event.room_id)
        transport = room.transports.get(event.figures.transport_id) if room else None
        if transport is not None:
            self._statistics.take(transport, event)

    def _layers_changed(self, event: ConsumerLayersChanged) -> None:
        room = self._registry.get(event.room_id)
        consumer = room.consumers.get(event.consumer_id) if room else None
        if consumer is None:
            return
        told = messages.ConsumerLayersChanged(
            consumer_id=consumer.id,
            spatial_layer=event.spatial_layer,
            temporal_layer=event.temporal_layer,
            reason=event.reason,
        )
        consumer.owner.tell(catalogue.CONSUMER_LAYERS_CHANGED, told)
        self._note_adjusted(consumer, event)

    def _note_adjusted(self, consumer: Consumer, event: ConsumerLayersChanged) -> None:
        before, after = consumer.layers, (event.spatial_layer, event.temporal_layer)
        if consumer.producer.kind != "video" or before == after:
            return
        consumer.layers = after
        fact = LayerAdjusted(
            consumer_id=consumer.id,
            producer_id=consumer.producer.id,
            from_spatial_layer=before[0],
            from_temporal_layer=before[1],
            to_spatial_layer=after[0],
            to_temporal_layer=after[1],
            reason=event.reason,
            estimate=event.estimate,
        )
        self._facts.note(event.room_id, fact, consumer.owner.id)
        log.info("layer_adjusted", meeting_id=event.room_id, participant_id=consumer.owner.id, **fact.model_dump())

    def _layers_wanted(self, event: ProducerLayersWanted) -> None:
        room = self._registry.get(event.room_id)
        producer = room.producers.get(event.producer_id) if room else None
        if producer is not None:
            told = messages.ProducerLayersWanted(producer_id=producer.id, spatial_layers=tuple(event.spatial_layers))
            producer.owner.tell(catalogue.PRODUCER_LAYERS_WANTED, told)

    def _worker_died(self, event: WorkerDied) -> None:
        for room_id in event.room_ids:
            room = self._registry.get(room_id)
            if room is not None:
                self._recovery.lose(room, event)

"""Consumers: tracks going out to one participant."""

from __future__ import annotations

from collections.abc import Callable

from config.settings import LimitSettings
from sfu import commands
from sfu.ports import Rooms
from signaling.closing import Closing
from signaling.dispatch import handles
from signaling.errors import ErrorCode, SignalingError, not_found
from signaling.identity import CAN_SUBSCRIBE
from signaling.lookup import own_consumer, own_transport, producer_in_room, still_carried
from signaling.media import Consumer, Transport
from signaling.messages.media import (
    Consume,
    ConsumerClose,
    ConsumerCreated,
    ConsumerKeyframe,
    ConsumerLayers,
    ConsumerLayersSet,
    ConsumerNamed,
    ConsumerPause,
    ConsumerPriority,
    ConsumerPrioritySet,
    ConsumerResume,
    ConsumerSize,
    ConsumerSizeSet,
)
from signaling.participant import Participant


class ConsumerHandlers:
    def __init__(self, media: Rooms, closing: Closing, limits: LimitSettings, new_id: Callable[[], str]) -> None:
        self._media = media
        self._closing = closing
        self._limits = limits
        self._new_id = new_id

    @handles(Consume)
    async def consume(self, participant: Participant, request: Consume) -> ConsumerCreated:
        """One's own producer may be consumed too: that is how a client tests itself."""
        transport = self._check(participant, request)
        producer = producer_in_room(participant, request.producer_id)
        consumer = Consumer(id=self._new_id(), transport=transport, producer=producer)
        layers = request.preferred_layers
        made = await self._media.ask(
            commands.Consume(
                participant.room.id,
                transport.id,
                consumer.id,
                producer.id,
                request.rtp_capabilities,
                spatial_layer=layers.spatial_layer if layers else None,
                temporal_layer=layers.temporal_layer if layers else None,
            )
        )
        still_carried(transport)
        if producer.closed:
            # It closed while the SFU was asked, and the SFU's consumer with it.
            raise not_found("producer")
        participant.room.add_consumer(consumer)
        return ConsumerCreated(
            id=consumer.id,
            producer_id=producer.id,
            participant_id=producer.owner.id,
            kind=made.kind,
            source=producer.source,
            rtp_parameters=made.rtp_parameters,
            type=made.type,
            paused=True,
            producer_paused=producer.paused,
        )

    def _check(self, participant: Participant, request: Consume) -> Transport:
        transport = own_transport(participant, request.transport_id)
        if not participant.session.identity.may(CAN_SUBSCRIBE):
            raise SignalingError(ErrorCode.ACCESS_DENIED, "Your token does not let you receive media.")
        if transport.direction != "recv":
            raise SignalingError(ErrorCode.VALIDATION, "transport_id: must be a recv transport")
        if sum(1 for _ in participant.consumers()) >= self._limits.max_consumers_per_participant:
            raise SignalingError(ErrorCode.CAPACITY_EXCEEDED, "You receive as many tracks as you may.")
        return transport

    @handles(ConsumerResume)
    async def resume(self, participant: Participant, request: ConsumerResume) -> ConsumerNamed:
        consumer = own_consumer(participant, request.consumer_id)
        await self._media.ask(commands.ResumeConsumer(participant.room.id, consumer.id))
        consumer.paused = False
        return ConsumerNamed(consumer_id=consumer.id)

    @handles(ConsumerPause)
    async def pause(self, participant: Participant, request: ConsumerPause) -> ConsumerNamed:
        consumer = own_consumer(participant, request.consumer_id)
        await self._media.ask(commands.PauseConsumer(participant.room.id, consumer.id))
        consumer.paused = True
        return ConsumerNamed(consumer_id=consumer.id)

    @handles(ConsumerClose)
    async def close(self, participant: Participant, request: ConsumerClose) -> ConsumerNamed:
        consumer = own_consumer(participant, request.consumer_id)
        await self._closing.close_consumer(consumer)
        return ConsumerNamed(consumer_id=consumer.id)

    @handles(ConsumerKeyframe)
    async def keyframe(self, participant: Participant, request: ConsumerKeyframe) -> ConsumerNamed:
        consumer = own_consumer(participant, request.consumer_id)
        await self._media.ask(commands.RequestKeyframe(participant.room.id, consumer.id))
        return ConsumerNamed(consumer_id=consumer.id)

    @handles(ConsumerLayers)
    async def layers(self, participant: Participant, request: ConsumerLayers) -> ConsumerLayersSet:
        consumer = own_consumer(participant, request.consumer_id)
        layers = await self._media.ask(
            commands.SetConsumerLayers(
                participant.room.id, consumer.id, request.spatial_layer, temporal_layer=request.temporal_layer
            )
        )
        return ConsumerLayersSet(
            consumer_id=consumer.id, spatial_layer=layers.spatial_layer, temporal_layer=layers.temporal_layer
        )

    @handles(ConsumerSize)
    async def size(self, participant: Participant, request: ConsumerSize) -> ConsumerSizeSet:
        consumer = own_consumer(participant, request.consumer_id)
        await self._media.ask(commands.SetConsumerSize(participant.room.id, consumer.id, request.width, request.height))
        return ConsumerSizeSet(consumer_id=consumer.id, width=request.width, height=request.height)

    @handles(ConsumerPriority)
    async def priority(self, participant: Participant, request: ConsumerPriority) -> ConsumerPrioritySet:
        consumer = own_consumer(participant, request.consumer_id)
        await self._media.ask(commands.SetConsumerPriority(participant.room.id, consumer.id, request.priority))
        return ConsumerPrioritySet(consumer_id=consumer.id, priority=request.priority)

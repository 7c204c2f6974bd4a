"""Finding what a request names. An id of somebody else, or of another room, is as unknown as one that never was."""

from __future__ import annotations

import asyncio
from typing import Final

from signaling.data import DataConsumer, DataProducer
from signaling.errors import ErrorCode, SignalingError, not_found
from signaling.media import Consumer, Producer, Transport
from signaling.participant import Participant

RESTORING: Final = "The meeting's media is being restored."
RESTORE_WAIT_S: Final = 10.0
"""Longer than a room is ever being restored: it is open again, or closed, by then."""


def own_transport(participant: Participant, transport_id: str) -> Transport:
    transport = participant.transports.get(transport_id)
    if transport is None:
        raise not_found("transport")
    return transport


def own_producer(participant: Participant, producer_id: str) -> Producer:
    producer = participant.room.producers.get(producer_id)
    if producer is None or producer.owner is not participant:
        raise not_found("producer")
    return producer


def own_consumer(participant: Participant, consumer_id: str) -> Consumer:
    consumer = participant.room.consumers.get(consumer_id)
    if consumer is None or consumer.owner is not participant:
        raise not_found("consumer")
    return consumer


def own_data_producer(participant: Participant, data_producer_id: str) -> DataProducer:
    producer = participant.room.data.producers.get(data_producer_id)
    if producer is None or producer.owner is not participant:
        raise not_found("data producer")
    return producer


def own_data_consumer(participant: Participant, data_consumer_id: str) -> DataConsumer:
    consumer = participant.room.data.consumers.get(data_consumer_id)
    if consumer is None or consumer.owner is not participant:
        raise not_found("data consumer")
    return consumer


def producer_in_room(participant: Participant, producer_id: str) -> Producer:
    producer = participant.room.producers.get(producer_id)
    if producer is None:
        raise not_found("producer")
    return producer


def still_in(participant: Participant) -> None:
    """To be asked after each wait: they may have been removed meanwhile, or the room closed, with their media."""
    if participant.gone:
        raise SignalingError(ErrorCode.ACCESS_DENIED, "You are not in the meeting any more.")


def still_carried(transport: Transport) -> None:
    """To be asked after each wait for what a transport holds: its worker may have died meanwhile."""
    still_in(transport.owner)
    if transport.lost:
        raise SignalingError(ErrorCode.UNAVAILABLE, RESTORING)


async def media_restored(participant: Participant) -> None:
    """Waits while the room moves to another worker, so that clients need not know when it is done."""
    try:
        async with asyncio.timeout(RESTORE_WAIT_S):
            await participant.room.restored.wait()
    except TimeoutError:
        raise SignalingError(ErrorCode.UNAVAILABLE, RESTORING) from None
    still_in(participant)

"""Commands about producers and consumers."""

from __future__ import annotations

from sfu import commands as cmd
from sfu.commands import Done, MediaError
from sfu.ortc import (
    consumer_parameters,
    map_producer,
    parse_rtp_capabilities,
    parse_rtp_parameters,
    to_plain,
)
from sfu.worker.consumer import Consumer, consumer_spec
from sfu.worker.producer import Producer, producer_spec
from sfu.worker.room import refuse_known
from sfu.worker.router import CommandTable, Router

carries_out = CommandTable()


@carries_out(cmd.Produce)
async def produce(router: Router, command: cmd.Produce) -> cmd.Produced:
    room = router.room(command)
    transport = room.transport(command.transport_id)
    refuse_known(room.producers, command.producer_id, "producer")
    if transport.direction != "send":
        raise MediaError("VALIDATION", "Producers need a transport made for sending.")
    media = map_producer(command.kind, parse_rtp_parameters(command.rtp_parameters, command.kind))

    def make(handle: int) -> Producer:
        spec = producer_spec(media, command.content, paused=command.paused)
        router.plane.add_producer(transport.handle, handle, spec)
        cname = transport.numbering.cname(media.cname)
        return Producer(
            handle, command.producer_id, room.id, transport.id, media, cname, command.paused, command.content
        )

    producer = router.producers.add(make)
    room.producers[producer.id] = producer
    return cmd.Produced(type=media.type)


@carries_out(cmd.PauseProducer)
async def pause_producer(router: Router, command: cmd.PauseProducer) -> Done:
    producer = router.room(command).producer(command.producer_id)
    router.plane.pause_producer(producer.handle)
    producer.paused = True
    return Done()


@carries_out(cmd.ResumeProducer)
async def resume_producer(router: Router, command: cmd.ResumeProducer) -> Done:
    producer = router.room(command).producer(command.producer_id)
    router.plane.resume_producer(producer.handle)
    producer.paused = False
    return Done()


@carries_out(cmd.CloseProducer)
async def close_producer(router: Router, command: cmd.CloseProducer) -> Done:
    room = router.room(command)
    producer = room.producer(command.producer_id)
    router.plane.remove_producer(producer.handle)
    router.forget_producer(room, producer)
    return Done()


@carries_out(cmd.Consume)
async def consume(router: Router, command: cmd.Consume) -> cmd.Consumed:
    room = router.room(command)
    transport = room.transport(command.transport_id)
    producer = room.producer(command.producer_id)
    refuse_known(room.consumers, command.consumer_id, "consumer")
    if transport.direction != "recv":
        raise MediaError("VALIDATION", "Consumers need a transport made for receiving.")
    capabilities = parse_rtp_capabilities(command.rtp_capabilities)
    with transport.numbering.lease(producer.cname) as identity:
        parameters = consumer_parameters(producer.media, capabilities, identity)
        spec = consumer_spec(parameters, identity, command.spatial_layer, command.temporal_layer)

        def make(handle: int) -> Consumer:
            router.plane.add_consumer(transport.handle, handle, producer.handle, spec)
            return Consumer(handle, command.consumer_id, room.id, transport.id, producer, identity)

        consumer = router.consumers.add(make)
    room.consumers[consumer.id] = consumer
    producer.consumer_ids.add(consumer.id)
    return cmd.Consumed(
        kind=producer.media.kind,
        type=producer.media.type,
        rtp_parameters=to_plain(parameters),
        producer_paused=producer.paused,
    )


@carries_out(cmd.PauseConsumer)
async def pause_consumer(router: Router, command: cmd.PauseConsumer) -> Done:
    consumer = router.room(command).consumer(command.consumer_id)
    router.plane.pause_consumer(consumer.handle)
    consumer.paused = True
    return Done()


@carries_out(cmd.ResumeConsumer)
async def resume_consumer(router: Router, command: cmd.ResumeConsumer) -> Done:
    consumer = router.room(command).consumer(command.consumer_id)
    router.plane.resume_consumer(consumer.handle)
    consumer.paused = False
    return Done()


@carries_out(cmd.CloseConsumer)
async def close_consumer(router: Router, command: cmd.CloseConsumer) -> Done:
    room = router.room(command)
    consumer = room.consumer(command.consumer_id)
    router.plane.remove_consumer(consumer.handle)
    router.forget_consumer(room, consumer)
    return Done()


@carries_out(cmd.RequestKeyframe)
async def request_keyframe(router: Router, command: cmd.RequestKeyframe) -> Done:
    router.plane.request_keyframe(router.room(command).consumer(command.consumer_id).handle)
    return Done()


@carries_out(cmd.SetConsumerLayers)
async def set_consumer_layers(router: Router, command: cmd.SetConsumerLayers) -> cmd.LayersSet:
    consumer = router.room(command).consumer(command.consumer_id)
    highest = consumer.producer.media.layers
    wanted = highest.temporal_layers if command.temporal_layer is None else command.temporal_layer
    spatial = min(max(command.spatial_layer, 0), highest.spatial_layers - 1)
    temporal = min(max(wanted, 0), highest.temporal_layers - 1)
    router.plane.set_layers(consumer.handle, spatial, temporal)
    return cmd.LayersSet(spatial_layer=spatial, temporal_layer=temporal)


@carries_out(cmd.SetConsumerSize)
async def set_consumer_size(router: Router, command: cmd.SetConsumerSize) -> Done:
    consumer = router.room(command).consumer(command.consumer_id)
    router.plane.set_consumer_size(consumer.handle, command.width, command.height)
    return Done()


@carries_out(cmd.SetConsumerPriority)
async def set_consumer_priority(router: Router, command: cmd.SetConsumerPriority) -> Done:
    consumer = router.room(command).consumer(command.consumer_id)
    router.plane.set_consumer_priority(consumer.handle, command.priority)
    return Done()


@carries_out(cmd.SetProducerPriority)
async def set_producer_priority(router: Router, command: cmd.SetProducerPriority) -> Done:
    producer = router.room(command).producer(command.producer_id)
    router.plane.set_producer_priority(producer.handle, command.priority)
    producer.priority = command.priority
    return Done()

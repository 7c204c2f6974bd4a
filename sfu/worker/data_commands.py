"""Commands about data producers and data consumers."""

from __future__ import annotations

from sfu import commands as cmd
from sfu.commands import Done, MediaError
from sfu.ortc import to_plain
from sfu.ortc.sctp import check_name, parse_sctp_stream_parameters
from sfu.worker.data import DataConsumer, DataProducer, DataStreams
from sfu.worker.room import refuse_known
from sfu.worker.router import CommandTable, Router
from sfu.worker.transport import Transport

carries_out = CommandTable()


@carries_out(cmd.ProduceData)
async def produce_data(router: Router, command: cmd.ProduceData) -> Done:
    room = router.room(command)
    transport = room.transport(command.transport_id)
    refuse_known(room.data_producers, command.data_producer_id, "data producer")
    streams = _streams(transport, "send")
    parameters = parse_sctp_stream_parameters(command.sctp_stream_parameters)
    label, protocol = check_name(command.label, "label"), check_name(command.protocol, "protocol")

    def make(handle: int) -> DataProducer:
        producer = DataProducer(handle, command.data_producer_id, room.id, streams, parameters, label, protocol)
        streams.add_producer(producer)
        return producer

    room.data_producers[command.data_producer_id] = router.data_producers.add(make)
    return Done()


@carries_out(cmd.CloseDataProducer)
async def close_data_producer(router: Router, command: cmd.CloseDataProducer) -> Done:
    room = router.room(command)
    router.forget_data_producer(room, room.data_producer(command.data_producer_id))
    return Done()


@carries_out(cmd.ConsumeData)
async def consume_data(router: Router, command: cmd.ConsumeData) -> cmd.DataConsumed:
    room = router.room(command)
    transport = room.transport(command.transport_id)
    producer = room.data_producer(command.data_producer_id)
    refuse_known(room.data_consumers, command.data_consumer_id, "data consumer")
    streams = _streams(transport, "recv")

    def make(handle: int) -> DataConsumer:
        out = streams.open_consumer(producer.parameters)
        consumer = DataConsumer(handle, command.data_consumer_id, room.id, producer, streams, out)
        streams.add_consumer(consumer)
        return consumer

    consumer = router.data_consumers.add(make)
    room.data_consumers[consumer.id] = consumer
    producer.consumers[consumer.id] = consumer
    return cmd.DataConsumed(
        sctp_stream_parameters=to_plain(consumer.out.parameters),
        label=producer.label,
        protocol=producer.protocol,
    )


@carries_out(cmd.CloseDataConsumer)
async def close_data_consumer(router: Router, command: cmd.CloseDataConsumer) -> Done:
    room = router.room(command)
    router.forget_data_consumer(room, room.data_consumer(command.data_consumer_id))
    return Done()


def _streams(transport: Transport, direction: str) -> DataStreams:
    if transport.data is None:
        raise MediaError("VALIDATION", "The transport was made without sctp.")
    if transport.direction != direction:
        raise MediaError("VALIDATION", f"This needs a transport made to {direction}.")
    return transport.data

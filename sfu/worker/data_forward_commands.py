"""Commands about data that crosses workers."""

from __future__ import annotations

from sfu import commands as cmd
from sfu.commands import Done, MediaError
from sfu.ortc import to_plain
from sfu.ortc.sctp import parse_sctp_stream_parameters
from sfu.worker.data import DataProducer
from sfu.worker.data_forwarding import Mirror
from sfu.worker.outbox import Message
from sfu.worker.room import refuse_known
from sfu.worker.router import CommandTable, Router

carries_out = CommandTable()


@carries_out(cmd.ForwardData)
async def forward_data(router: Router, command: cmd.ForwardData) -> cmd.DataForwarded:
    producer = router.room(command).data_producer(command.data_producer_id)
    router.forwarding.open(producer)
    return cmd.DataForwarded(to_plain(producer.parameters), producer.label, producer.protocol)


@carries_out(cmd.StopForwardData)
async def stop_forward_data(router: Router, command: cmd.StopForwardData) -> Done:
    producer = router.room(command).data_producers.get(command.data_producer_id)
    if producer is not None:
        router.forwarding.close(producer)
        _hold(producer, held=False)
    return Done()


@carries_out(cmd.HoldData)
async def hold_data(router: Router, command: cmd.HoldData) -> Done:
    producer = router.room(command).data_producer(command.data_producer_id)
    _hold(producer, held=command.held and producer.forward is not None)
    return Done()


@carries_out(cmd.SettleData)
async def settle_data(router: Router, _command: cmd.SettleData) -> Done:
    router.forwarding.settle()
    return Done()


@carries_out(cmd.MirrorData)
async def mirror_data(router: Router, command: cmd.MirrorData) -> Done:
    room = router.room(command)
    refuse_known(room.data_producers, command.data_producer_id, "data producer")
    parameters = parse_sctp_stream_parameters(command.sctp_stream_parameters)

    def make(handle: int) -> DataProducer:
        mirror = Mirror(router.forwarding.tell)
        mirror.producer = DataProducer(
            handle,
            command.data_producer_id,
            room.id,
            mirror,
            parameters,
            command.label,
            command.protocol,
            mirrored=True,
        )
        return mirror.producer

    room.data_producers[command.data_producer_id] = router.data_producers.add(make)
    return Done()


@carries_out(cmd.TakeData)
async def take_data(router: Router, command: cmd.TakeData) -> Done:
    producer = router.room(command).data_producer(command.data_producer_id)
    if not producer.mirrored:
        raise MediaError("CONFLICT", "The data producer is this worker's own.")
    producer.deliver(Message(command.ppid, command.data))
    return Done()


def _hold(producer: DataProducer, *, held: bool) -> None:
    producer.held = held
    producer.streams.note_lag()

"""Commands about pipes to other workers, and the producers that come and go over them."""

from __future__ import annotations

from sfu import commands as cmd
from sfu.commands import Done, MediaError
from sfu.ortc.piping import media_from_plain, media_to_plain, piped_media
from sfu.worker.pipe import PROFILE, Pipe, PipeConsumer, pipe_consumer_spec, wanted_bits
from sfu.worker.producer import Producer, producer_spec
from sfu.worker.room import refuse_known
from sfu.worker.router import CommandTable, Router

carries_out = CommandTable()


@carries_out(cmd.AddPipe)
async def add_pipe(router: Router, command: cmd.AddPipe) -> Done:
    refuse_known(router.pipes, command.pipe_id, "pipe")
    handle = router.handles.next()
    remote = f"{router.pipe_host}:{command.port}"
    router.plane.add_pipe(handle, remote, PROFILE, command.rx, command.tx)
    router.pipes[command.pipe_id] = Pipe(handle, command.pipe_id)
    return Done()


@carries_out(cmd.RemovePipe)
async def remove_pipe(router: Router, command: cmd.RemovePipe) -> Done:
    pipe = router.pipes.pop(command.pipe_id, None)
    if pipe is None:
        return Done()
    router.plane.remove_transport(pipe.handle)
    for room in router.rooms.values():
        for producer in list(room.producers.values()):
            producer.piped.pop(pipe.id, None)
            if producer.transport_id == pipe.id:
                router.forget_producer(room, producer)
    return Done()


@carries_out(cmd.PipeOut)
async def pipe_out(router: Router, command: cmd.PipeOut) -> cmd.PipedOut:
    producer = router.room(command).producer(command.producer_id)
    pipe = router.pipe(command.pipe_id)
    refuse_known(producer.piped, pipe.id, "pipe consumer")
    ssrcs = pipe.new_ssrcs(len(producer.media.encodings))
    handle = router.handles.next()
    router.plane.add_pipe_consumer(pipe.handle, handle, producer.handle, pipe_consumer_spec(producer.media, ssrcs))
    producer.piped[pipe.id] = PipeConsumer(handle, pipe.id, wanted=[])
    return cmd.PipedOut(
        media=media_to_plain(producer.media),
        cname=producer.cname,
        ssrcs=ssrcs,
        paused=producer.paused,
        content=producer.content,
        priority=producer.priority,
    )


@carries_out(cmd.PipeIn)
async def pipe_in(router: Router, command: cmd.PipeIn) -> Done:
    room = router.room(command)
    pipe = router.pipe(command.pipe_id)
    refuse_known(room.producers, command.producer_id, "producer")
    original = media_from_plain(command.media)
    if len(command.ssrcs) != len(original.encodings):
        raise MediaError("VALIDATION", "There is one ssrc for each encoding.")
    media = piped_media(original, command.ssrcs)

    def make(handle: int) -> Producer:
        router.plane.add_producer(pipe.handle, handle, producer_spec(media, command.content, paused=command.paused))
        return Producer(
            handle, command.producer_id, room.id, pipe.id, media, command.cname, command.paused, command.content
        )

    producer = room.producers[command.producer_id] = router.producers.add(make)
    router.plane.set_producer_priority(producer.handle, command.priority)
    producer.priority = command.priority
    return Done()


@carries_out(cmd.SetPipeWanted)
async def set_pipe_wanted(router: Router, command: cmd.SetPipeWanted) -> Done:
    consumer = router.room(command).producer(command.producer_id).piped.get(command.pipe_id)
    if consumer is None:
        raise MediaError("NOT_FOUND", "The producer does not go over this pipe.")
    router.plane.set_wanted(consumer.handle, wanted_bits(command.wanted))
    consumer.wanted = command.wanted
    return Done()


@carries_out(cmd.StopPipeOut)
async def stop_pipe_out(router: Router, command: cmd.StopPipeOut) -> Done:
    producer = router.room(command).producers.get(command.producer_id)
    consumer = producer.piped.pop(command.pipe_id, None) if producer else None
    if consumer is not None:
        router.plane.remove_pipe_consumer(consumer.handle)
    return Done()

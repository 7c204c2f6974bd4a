"""One room over several real worker processes: who sees whom, and what is left when they go."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
from collections.abc import AsyncIterator
from itertools import count

import pytest

from sfu.commands import (
    CloseConsumer,
    CloseProducer,
    CloseTransport,
    MediaError,
    PauseConsumer,
    PauseProducer,
    Produce,
    RequestKeyframe,
    ResumeConsumer,
    ResumeProducer,
)
from sfu.fleet import Fleet
from sfu.spread import HOLD_S
from tests.sfu.clients import red_microphone
from tests.sfu.peer import Peer, vp8
from tests.sfu.spread_room import ROOM, SPREAD, SpreadRoom, asked_for_picture, receive, see
from tests.support.eventually import eventually


@pytest.fixture
async def room() -> AsyncIterator[SpreadRoom]:
    fleet = Fleet(SPREAD)
    room = SpreadRoom(fleet)
    await fleet.start()
    await fleet.open_room(ROOM)
    yield room
    await room.close()
    await fleet.stop()


async def watching(room: SpreadRoom, viewer: str = "bob") -> tuple[Peer, Peer]:
    """Alice's camera, and somebody on another worker whose consumer has just been resumed."""
    alice = await room.join("alice", "send")
    peer = await room.join(viewer, "recv")
    await room.produce("alice", "p", 1)
    await alice.send_rtp(vp8(1, 1, payload_type=120))
    await room.consume(viewer, "p")
    await room.fleet.ask(ResumeConsumer(ROOM, f"{viewer}-p"))
    await asked_for_picture(alice, 1)
    return alice, peer


async def flowing(room: SpreadRoom) -> list[bool]:
    return [strand["flows"] for row in await room.rows("pipe_consumers") for strand in row["strands"]]


async def test_both_transports_of_a_participant_are_on_one_worker_and_those_of_others_elsewhere(
    room: SpreadRoom,
) -> None:
    for participant in ("alice", "bob", "carol"):
        await room.create(participant, "send")
        await room.create(participant, "recv")
    assert sorted(await room.workers_of("alice", "bob", "carol")) == [0, 1, 2]


async def test_participants_on_different_workers_see_each_other(room: SpreadRoom) -> None:
    names = ["alice", "bob", "carol"]
    senders = {name: await room.join(name, "send") for name in names}
    viewers = {name: await room.join(name, "recv") for name in names}
    for ssrc, name in enumerate(names, start=1):
        await room.produce(name, f"{name}-camera", ssrc)
        await senders[name].send_rtp(vp8(1, ssrc, payload_type=120))
    for name in names:
        others = [other for other in names if other != name]
        for other in others:
            await room.consume(name, f"{other}-camera")
            await room.fleet.ask(ResumeConsumer(ROOM, f"{name}-{other}-camera"))
    for ssrc, name in enumerate(names, start=1):
        await asked_for_picture(senders[name], ssrc)
        for after, other in enumerate(names, start=1):
            if other != name:
                await see(viewers[other], name.encode(), senders[name], ssrc, after=100 * after)
    assert len(await room.rows("pipe_consumers")) == 6


async def test_a_whole_stream_crosses_the_pipe_in_order(room: SpreadRoom) -> None:
    alice, bob = await watching(room)
    for sequence in range(2, 202):
        await alice.send_rtp(vp8(sequence, 1, payload_type=120, key=sequence == 2))
    packets = await receive(bob, 200)
    first = packets[0].sequence_number
    assert [(packet.sequence_number - first) % 65536 for packet in packets] == list(range(200))
    assert [packet.timestamp - packets[0].timestamp for packet in packets] == [3000 * i for i in range(200)]


async def test_one_pipe_serves_all_who_consume_on_a_worker(room: SpreadRoom) -> None:
    await room.join("alice", "send")
    await room.produce("alice", "p", 1)
    others = [f"guest{number}" for number in range(6)]
    for name in others:
        await room.create(name, "recv")
    await asyncio.gather(*(room.consume(name, "p") for name in others))
    assert len(await room.rows("consumers")) == 6
    assert len(await room.rows("pipe_consumers")) == 2
    (home,) = await room.workers_of("alice")
    piped = [row for row in await room.rows("producers") if row["worker"] != home]
    assert len(piped) == 2
    assert all(row["pipe"] for row in piped)


async def test_nothing_flows_while_everybody_over_there_is_paused(room: SpreadRoom) -> None:
    alice, bob = await watching(room)
    assert await flowing(room) == [True]
    await room.fleet.ask(PauseConsumer(ROOM, "bob-p"))

    async def stopped() -> bool:
        return await flowing(room) == [False]

    await eventually(stopped, "the pipe carrying nothing")
    await room.fleet.ask(ResumeConsumer(ROOM, "bob-p"))
    await see(bob, b"again", alice, 1)
    assert await flowing(room) == [True]


async def test_a_paused_producer_is_paused_on_every_worker(room: SpreadRoom) -> None:
    alice, bob = await watching(room)
    await room.fleet.ask(PauseProducer(ROOM, "p"))
    assert [row["paused"] for row in await room.rows("producers")] == [True, True]
    await room.fleet.ask(ResumeProducer(ROOM, "p"))
    await asked_for_picture(alice, 1)
    await alice.send_rtp(vp8(2, 1, payload_type=120, key=True))
    assert len(await receive(bob, 1)) == 1


async def test_a_consumer_closes_when_its_producer_on_another_worker_closes(room: SpreadRoom) -> None:
    await watching(room)
    await room.fleet.ask(CloseProducer(ROOM, "p"))
    for kind in ("producers", "consumers", "pipe_consumers"):
        assert await room.rows(kind) == []
    with pytest.raises(MediaError) as refusal:
        await room.fleet.ask(RequestKeyframe(ROOM, "bob-p"))
    assert refusal.value.code == "NOT_FOUND"


async def test_a_consumer_closes_when_the_transport_of_its_producer_closes(room: SpreadRoom) -> None:
    await watching(room)
    await room.fleet.ask(CloseTransport(ROOM, "alice-send"))
    for kind in ("producers", "consumers", "pipe_consumers"):
        assert await room.rows(kind) == []


@pytest.mark.parametrize("leave", [CloseConsumer(ROOM, "bob-p"), CloseTransport(ROOM, "bob-recv")])
async def test_a_producer_is_taken_back_some_time_after_its_last_consumer_there(
    room: SpreadRoom, leave: CloseConsumer | CloseTransport
) -> None:
    await watching(room)
    await room.fleet.ask(leave)
    now = asyncio.get_running_loop().time()
    await room.fleet._spread.sweep(now + HOLD_S - 1)
    assert len(await room.rows("pipe_consumers")) == 1
    await room.fleet._spread.sweep(now + HOLD_S + 1)
    assert await room.rows("pipe_consumers") == []
    assert [row.get("pipe", False) for row in await room.rows("producers")] == [False]
    await room.fleet._spread.sweep(now + 3 * HOLD_S)
    assert len(room.fleet._pipes) == 0


async def test_who_comes_back_finds_the_producer_still_there_or_there_again(room: SpreadRoom) -> None:
    alice, bob = await watching(room)
    for hold in (0.0, 2 * HOLD_S):
        await room.fleet.ask(CloseConsumer(ROOM, "bob-p"))
        await room.fleet._spread.sweep(asyncio.get_running_loop().time() + hold)
        await room.consume("bob", "p")
        await room.fleet.ask(ResumeConsumer(ROOM, "bob-p"))
    await asked_for_picture(alice, 1)
    await alice.send_rtp(vp8(2, 1, payload_type=120, key=True))
    assert len(await receive(bob, 1)) == 1


async def test_a_room_that_loses_one_of_its_workers_is_lost_as_a_whole_and_can_begin_anew(room: SpreadRoom) -> None:
    await watching(room)
    (victim,) = await room.workers_of("bob")
    os.kill(room.fleet.workers()[victim]["pid"], signal.SIGKILL)
    died = await asyncio.wait_for(room.deaths.get(), 10)
    assert died.room_ids == [ROOM]
    await room.fleet.open_room(ROOM)
    for kind in ("transports", "producers", "consumers", "pipe_consumers"):
        assert await room.rows(kind) == []

    async def three_run() -> bool:
        return await room.fleet.ready() is None

    await eventually(three_run, "a new worker in the place of the dead one")
    for name in ("alice", "bob", "carol"):
        await room.create(name, "send")
    assert sorted(await room.workers_of("alice", "bob", "carol")) == [0, 1, 2]
    alice, bob = await watching_again(room)
    await see(bob, b"fred", alice, 9, after=100)


async def watching_again(room: SpreadRoom) -> tuple[Peer, Peer]:
    """Over the worker that is new, whose port may be the old one's."""
    for name in ("alice", "bob", "carol"):
        await room.fleet.ask(CloseTransport(ROOM, f"{name}-send"))
    senders = {name: await room.join(name, "send") for name in ("dora", "erik", "fred")}
    viewers = {name: await room.join(name, "recv") for name in ("dora", "erik", "fred")}
    await room.produce("dora", "q", 9)
    await senders["dora"].send_rtp(vp8(1, 9, payload_type=120))
    for name in ("erik", "fred"):
        await room.consume(name, "q")
        await room.fleet.ask(ResumeConsumer(ROOM, f"{name}-q"))
    await asked_for_picture(senders["dora"], 9)
    await see(viewers["erik"], b"erik", senders["dora"], 9)
    return senders["dora"], viewers["fred"]


async def test_redundant_sound_reaches_another_worker_whole(room: SpreadRoom) -> None:
    alice = await room.join("alice", "send")
    bob = await room.join("bob", "recv")
    assert len(set(await room.workers_of("alice", "bob"))) == 2
    microphone = red_microphone()
    await room.fleet.ask(Produce(ROOM, "alice-send", "p", "audio", microphone))
    parameters = await room.consume("bob", "p")
    assert [codec["mimeType"] for codec in parameters["codecs"]] == ["audio/opus", "audio/red"]
    await room.fleet.ask(ResumeConsumer(ROOM, "bob-p"))
    blocks = bytes([0x80 | 111, 960 >> 6, (960 & 0x3F) << 2, 5, 111]) + b"first" + b"second"
    numbers = count(1)

    async def arrives() -> bool:
        sequence = next(numbers)
        header = struct.pack("!BBHII", 0x80, 63, sequence, 960 * sequence, microphone["encodings"][0]["ssrc"])
        await alice.send_rtp(header + blocks)
        return not bob.rtp.empty()

    await eventually(arrives, "a packet comes once the other worker has said that it wants them")
    (packet,) = await receive(bob, 1)
    assert (packet.payload_type, packet.payload) == (63, blocks)

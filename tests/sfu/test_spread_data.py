"""Data in a room over several workers: it goes wherever somebody consumes it, and comes back from nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from sfu.commands import (
    CloseDataConsumer,
    CloseDataProducer,
    CloseTransport,
    ConsumeData,
    CreateTransport,
    Direction,
    MediaError,
    ProduceData,
)
from sfu.fleet import Fleet
from tests.sfu.data_room import DataRoom
from tests.sfu.spread_room import ROOM, SPREAD
from tests.support.eventually import eventually

STREAM = {"streamId": 0}
PLACES: list[tuple[str, Direction]] = [("ada", "send"), ("ben", "recv"), ("cleo", "recv"), ("dan", "recv")]


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    fleet = Fleet(SPREAD)
    await fleet.start()
    await fleet.open_room(ROOM)
    yield fleet
    await fleet.stop()


async def transport(fleet: Fleet, participant: str, direction: Direction) -> str:
    name = f"{participant}-{direction}"
    await fleet.ask(CreateTransport(ROOM, name, direction, sctp=True, participant_id=participant))
    return name


async def refused(fleet: Fleet, command: ConsumeData | CloseDataConsumer | CloseDataProducer) -> str:
    with pytest.raises(MediaError) as refusal:
        await fleet.ask(command)
    return refusal.value.code


@pytest.fixture
async def room(fleet: Fleet) -> AsyncIterator[DataRoom]:
    """Every transport on a worker of its own, in turn."""
    room = DataRoom(fleet)
    yield room
    await room.close()


def carried(fleet: Fleet) -> int:
    """To how many other workers data of the room is brought."""
    room = fleet._routing.room(ROOM)
    assert room is not None
    return sum(len(route.carried) for route in room.data.values())


async def test_messages_reach_consumers_on_every_worker_in_order(room: DataRoom) -> None:
    ada, ben, cleo, dan = [await room.join(name, way) for name, way in PLACES]
    workers = {row["id"]: row["worker"] for row in (await room.fleet.statistics(ROOM))["transports"]}
    assert len({workers[name] for name, _ in PLACES}) == 3
    up = await room.produce(ada, "ada", ordered=True)
    listening = [await room.consume(ben, "ben", consumer_id="c1"), await room.consume(cleo, "cleo", consumer_id="c2")]
    listening.append(await room.consume(dan, "dan", consumer_id="c3"))
    sent: list[str | bytes] = ["hello", b"\x00\xff", "", "x" * 262_144, *(str(number) for number in range(100))]
    await up.send(*sent)
    for down in listening:
        assert [await down.next() for _ in sent] == sent


async def test_label_protocol_and_reliability_cross_with_it(room: DataRoom) -> None:
    (ada, _), (_, _) = [(await room.join(name, way), name) for name, way in PLACES[:2]]
    await room.produce(ada, "ada", ordered=False, maxRetransmits=2)
    made = await room.fleet.ask(ConsumeData(ROOM, "ben", "c", "d"))
    assert made.sctp_stream_parameters == {"streamId": 0, "ordered": False, "maxRetransmits": 2}
    assert (made.label, made.protocol) == ("chat", "json")


async def test_it_goes_to_a_worker_only_while_somebody_there_consumes_it(room: DataRoom) -> None:
    ada, ben = [await room.join(name, way) for name, way in PLACES[:2]]
    up = await room.produce(ada, "ada")
    for number in range(3):
        down = await room.consume(ben, "ben", consumer_id=f"c{number}")
        assert carried(room.fleet) == 1
        await up.send("now")
        assert await down.next() == "now"
        await room.fleet.ask(CloseDataConsumer(ROOM, f"c{number}"))

        async def withdrawn() -> bool:
            return carried(room.fleet) == 0

        await eventually(withdrawn, "nothing crosses that nobody consumes")
    statistics = await room.fleet.statistics(ROOM)
    assert [row["id"] for row in statistics["data_producers"]] == ["d"]


async def test_what_ends_takes_its_mirrors_with_it(room: DataRoom) -> None:
    ada, ben = [await room.join(name, way) for name, way in PLACES[:2]]
    up = await room.produce(ada, "ada")
    await room.consume(ben, "ben")
    ada.sctp._remote_max_message_size = 0
    await up.send("x" * 262_145)
    assert await asyncio.wait_for(room.ended.get(), 5) == ("d", "too_large")

    async def gone() -> bool:
        statistics = await room.fleet.statistics(ROOM)
        return statistics["data_producers"] == statistics["data_consumers"] == []

    await eventually(gone, "no worker keeps what stood for it")
    again = await room.produce(ada, "ada", "d2", streamId=1)
    down = await room.consume(ben, "ben", "d2", "c2")
    await again.send("on")
    assert await down.next() == "on"


async def test_three_megabytes_cross_whole(room: DataRoom) -> None:
    """Far more than may be on its way: whoever sends is held back until there is room."""
    ada, ben = [await room.join(name, way) for name, way in PLACES[:2]]
    up = await room.produce(ada, "ada")
    down = await room.consume(ben, "ben")
    for number in range(12):
        await up.send(bytes([number]) * 262_144)
    async with asyncio.timeout(60):
        got = [await down.heard.get() for _ in range(12)]
    assert got == [bytes([number]) * 262_144 for number in range(12)]
    assert room.ended.empty()


async def test_a_receiver_on_another_worker_that_does_not_read_holds_the_sender_back_and_is_closed(
    room: DataRoom,
) -> None:
    ada, ben = [await room.join(name, way) for name, way in PLACES[:2]]
    up = await room.produce(ada, "ada")
    await room.fleet.ask(ConsumeData(ROOM, "ben", "bens", "d"))
    for _ in range(64):
        await up.send("x" * 64 * 1024)
    assert await asyncio.wait_for(room.ended.get(), 20) == ("bens", "slow")
    assert (await room.drops()).get("data_receiver_slow", 0) <= 1, "nobody but the one who does not read is closed"
    assert "d" in {row["id"] for row in (await room.fleet.statistics(ROOM))["data_producers"]}
    assert ben.sctp.state == "new"


async def test_each_participants_data_is_found_on_their_own_worker(fleet: Fleet) -> None:
    for participant in ("alice", "bob", "carol"):
        up, down = await transport(fleet, participant, "send"), await transport(fleet, participant, "recv")
        await fleet.ask(ProduceData(ROOM, up, f"{participant}-d", STREAM))
        await fleet.ask(ConsumeData(ROOM, down, f"{participant}-c", f"{participant}-d"))
    statistics = await fleet.statistics(ROOM)
    assert len({row["worker"] for row in statistics["data_producers"]}) == 3
    for participant in ("alice", "bob", "carol"):
        await fleet.ask(CloseDataConsumer(ROOM, f"{participant}-c"))
        await fleet.ask(CloseDataProducer(ROOM, f"{participant}-d"))
    statistics = await fleet.statistics(ROOM)
    assert (statistics["data_producers"], statistics["data_consumers"]) == ([], [])


async def test_no_way_is_kept_to_data_that_has_gone(fleet: Fleet) -> None:
    up, down = await transport(fleet, "alice", "send"), await transport(fleet, "alice", "recv")
    for number in range(3):
        await fleet.ask(ProduceData(ROOM, up, f"d{number}", {"streamId": number}))
        await fleet.ask(ConsumeData(ROOM, down, f"c{number}", f"d{number}"))
    await fleet.ask(CloseDataProducer(ROOM, "d0"))
    assert await refused(fleet, ConsumeData(ROOM, down, "c9", "d0")) == "NOT_FOUND"
    assert await refused(fleet, CloseDataConsumer(ROOM, "c0")) == "NOT_FOUND"
    await fleet.ask(CloseTransport(ROOM, up))
    room = fleet._routing.room(ROOM)
    assert room is not None
    assert room.data == {}

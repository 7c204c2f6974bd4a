"""Data in a room over several workers: it does not cross them, and says so."""

from __future__ import annotations

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
from tests.sfu.spread_room import ROOM, SPREAD

STREAM = {"streamId": 0}


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


async def test_data_of_somebody_on_another_worker_is_refused_as_unavailable(fleet: Fleet) -> None:
    up = await transport(fleet, "alice", "send")
    near, far = await transport(fleet, "alice", "recv"), await transport(fleet, "bob", "recv")
    await fleet.ask(ProduceData(ROOM, up, "d", STREAM))
    workers = {row["id"]: row["worker"] for row in (await fleet.statistics(ROOM))["transports"]}
    assert workers[up] == workers[near] != workers[far]
    await fleet.ask(ConsumeData(ROOM, near, "c1", "d"))
    assert await refused(fleet, ConsumeData(ROOM, far, "c2", "d")) == "UNAVAILABLE"


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

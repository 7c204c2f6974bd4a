"""A worker dies: its rooms lose their media and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from persistence.events import RoomRecovered, TrackRemoved, WorkerDied
from sfu import commands as c
from tests.signaling.conftest import Client, Node

AFTER_A_JOIN = ["meeting.created", "meeting.started", "conference.joined", "participant.joined"]


async def meet(node: Node, *names: str) -> list[Client]:
    await node.meeting()
    people = [await node.connect(name) for name in names]
    for person in people:
        await person.join("daily")
    return people


class Gate:
    """Holds one kind of command back until it is opened, and says that it holds one."""

    def __init__(self, node: Node, kind: type[c.Command[Any]]) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self._kind = kind
        node.media.before = self.pass_through

    async def pass_through(self, command: c.Command[Any]) -> None:
        if isinstance(command, self._kind):
            self.reached.set()
            await self.open.wait()


async def test_people_stay_and_are_asked_to_make_their_media_again(node: Node) -> None:
    ada, bob = await meet(node, "ada", "bob")
    await ada.produce("camera")
    await ada.ask("hand:raise", raised=True)
    node.media.die("daily")
    assert await ada.told("media:reset") == {"reason": "worker_died"}
    assert await bob.told("media:reset") == {"reason": "worker_died"}
    room = node.registry.snapshot_of("daily")
    assert room is not None
    assert room["counts"].pop("participants") == 2
    assert set(room["counts"].values()) == {0}
    assert [person["hand_raised"] for person in room["participants"]] == [True, False]
    for unheard in ("participant:left", "participant:joined", "room:closed", "producer:removed", "media:updated"):
        assert unheard not in bob.names()


async def test_media_made_again_reaches_the_others(node: Node) -> None:
    ada, bob = await meet(node, "ada", "bob")
    await ada.produce("camera")
    await bob.told("producer:added")
    node.media.die("daily")
    await ada.told("media:reset")
    producer = await ada.produce("camera")
    assert (await bob.told("producer:added", count=2))["producer_id"] == producer
    assert await bob.consume(producer)


async def test_what_ended_and_what_began_again_is_in_the_record_once(node: Node) -> None:
    (ada,) = await meet(node, "ada")
    camera = await ada.produce("camera")
    node.media.die("daily")
    await ada.told("media:reset")
    await ada.produce("camera")
    await node.until(lambda: "room.recovered" in node.record.types("daily"))
    later = node.record.types("daily")[len(AFTER_A_JOIN) :]
    assert sorted(later) == ["room.recovered", "track.added", "track.added", "track.removed", "worker.died"]
    assert later[:3] == ["track.added", "worker.died", "track.removed"]
    payloads = {kind: payload for _, kind, _, payload in node.record.facts}
    assert payloads["worker.died"] == WorkerDied(
        worker=0, reason="exited", exit_code=-9, lived_s=12.0, silent_s=0.1, participants=1, producers=1
    )
    removed, recovered = payloads["track.removed"], payloads["room.recovered"]
    assert isinstance(removed, TrackRemoved)
    assert (removed.producer_id, removed.reason) == (camera, "worker_died")
    assert isinstance(recovered, RoomRecovered)
    assert (recovered.deaths, recovered.participants) == (1, 1)
    assert 0 <= recovered.duration_s < 5


async def test_what_died_is_recorded_before_anybody_hears_of_it(node: Node) -> None:
    (ada,) = await meet(node, "ada")
    await ada.produce("camera")
    recording = asyncio.Event()
    node.record.before = recording.wait
    node.media.die("daily")
    await ada.settle()
    assert "media:reset" not in ada.names()
    recording.set()
    await ada.told("media:reset")
    assert "track.removed" in node.record.types("daily")


async def test_who_was_muted_comes_back_muted(node: Node) -> None:
    ada, bob = await meet(node, "ada", "bob")
    await ada.produce("microphone")
    await ada.ask("media:toggle", kind="audio", enabled=False)
    node.media.die("daily")
    await ada.told("media:reset")
    await ada.produce("microphone", paused=True)
    assert (await bob.told("producer:added", count=2))["paused"] is True
    room = node.registry.snapshot_of("daily")
    assert room is not None
    assert room["participants"][0]["audio"] is False
    assert node.record.types("daily").count("audio.muted") == 1
    assert "audio.unmuted" not in node.record.types("daily")


async def test_a_screen_share_goes_on(node: Node) -> None:
    ada, bob = await meet(node, "ada", "bob")
    await ada.ask("screen:start")
    await ada.produce("screen")
    node.media.die("daily")
    await ada.told("media:reset")
    screen = await ada.produce("screen")
    assert "screen:stopped" not in bob.names()
    assert "screen_share.stopped" not in node.record.types("daily")
    await ada.ask("producer:close", producer_id=screen)
    await bob.told("screen:stopped")


async def test_a_transport_asked_for_meanwhile_is_made_once_the_room_is_open_again(node: Node) -> None:
    (ada,) = await meet(node, "ada")
    gate = Gate(node, c.OpenRoom)
    node.media.die("daily")
    await ada.told("media:reset")
    await gate.reached.wait()
    asked = asyncio.create_task(ada.transport("send"))
    await asyncio.sleep(0)
    assert not asked.done()
    gate.open.set()
    assert await asked in node.media.rooms["daily"].transports


async def test_somebody_who_comes_meanwhile_is_let_in(node: Node) -> None:
    (ada,) = await meet(node, "ada")
    gate = Gate(node, c.OpenRoom)
    node.media.die("daily")
    await gate.reached.wait()
    bob = await node.connect("bob")
    joined = await bob.join("daily")
    assert (len(joined["participants"]), joined["producers"]) == (2, [])
    gate.open.set()
    await bob.produce()
    await ada.told("producer:added")
    assert "media:reset" not in bob.names()


@pytest.mark.parametrize("command", [c.CreateTransport, c.Produce])
async def test_what_the_worker_did_last_is_refused_with_unavailable(node: Node, command: type[c.Command[Any]]) -> None:
    """The worker carried the command out, and died before the server went on with it."""
    (ada,) = await meet(node, "ada")
    transport = await ada.transport("send")

    async def die(carried_out: c.Command[Any]) -> None:
        if isinstance(carried_out, command):
            node.media.after = None
            node.media.die("daily")

    node.media.after = die
    if command is c.CreateTransport:
        assert await ada.refused("transport:create", direction="recv") == "UNAVAILABLE"
    else:
        track = {"kind": "video", "rtpParameters": {}, "source": "camera"}
        assert await ada.refused("produce", transport_id=transport, **track) == "UNAVAILABLE"
    await ada.told("media:reset")
    await ada.produce("camera")
    types = node.record.types("daily")
    assert types.count("track.added") == types.count("track.removed") + 1


async def test_a_worker_that_dies_while_a_track_is_recorded_ends_it(node: Node) -> None:
    (ada,) = await meet(node, "ada")
    transport = await ada.transport("send")
    recording, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        recording.set()
        await go_on.wait()

    node.record.before = hold
    track = {"kind": "video", "rtpParameters": {}, "source": "camera"}
    asked = asyncio.create_task(ada.refused("produce", transport_id=transport, **track))
    await recording.wait()
    node.media.die("daily")
    go_on.set()
    assert await asked == "UNAVAILABLE"
    await ada.told("media:reset")
    types = node.record.types("daily")
    assert (types.count("track.added"), types.count("track.removed")) == (1, 1)
    assert node.registry.snapshot_of("daily")["counts"]["producers"] == 0  # type: ignore[index]


async def test_ids_from_before_are_unknown(node: Node) -> None:
    (ada,) = await meet(node, "ada")
    transport = await ada.transport("send")
    producer = await ada.produce("camera", transport)
    node.media.die("daily")
    await ada.told("media:reset")
    assert await ada.refused("producer:pause", producer_id=producer) == "NOT_FOUND"
    assert await ada.refused("transport:restart_ice", transport_id=transport) == "NOT_FOUND"


async def test_a_second_death_during_recovery_is_one_outage(node: Node) -> None:
    (ada,) = await meet(node, "ada")

    async def die(_command: c.Command[Any]) -> None:
        node.media.after = None
        node.media.die("daily")

    node.media.after = die
    node.media.die("daily")
    await ada.told("media:reset", count=2)
    await node.until(lambda: "room.recovered" in node.record.types("daily"))
    assert await ada.produce("camera")
    types = node.record.types("daily")
    assert (types.count("worker.died"), types.count("room.recovered")) == (2, 1)
    (recovered,) = [payload for _, kind, _, payload in node.record.facts if kind == "room.recovered"]
    assert recovered.deaths == 2


async def test_two_deaths_in_a_row_are_two_recoveries(node: Node) -> None:
    (ada,) = await meet(node, "ada")
    for death in (1, 2):
        node.media.die("daily")
        await ada.told("media:reset", count=death)
        await ada.produce("camera")
    await node.until(lambda: node.record.types("daily").count("room.recovered") == 2)
    assert node.record.types("daily").count("worker.died") == 2


async def test_a_room_that_no_worker_takes_is_closed_with_a_reason(node: Node) -> None:
    (ada,) = await meet(node, "ada")
    await ada.produce("camera")
    node.media.placeable = False
    node.media.die("daily")
    assert await ada.told("room:closed") == {"meeting_id": "daily", "reason": "media_unavailable"}
    await node.until(lambda: len(node.registry) == 0)
    types = node.record.types("daily")
    assert types[-2:] == ["participant.left", "meeting.ended"]
    assert "room.recovered" not in types
    assert types.count("track.removed") == 1
    assert await ada.refused("room:join", meeting_id="daily") == "UNAVAILABLE"
    node.media.placeable = True
    await ada.join("daily")


async def test_a_host_may_close_the_room_while_it_is_restored(node: Node) -> None:
    await node.meeting(creator_id="user-ada")
    ada = await node.connect("ada")
    await ada.join("daily")
    await ada.produce("camera")
    gate = Gate(node, c.OpenRoom)
    node.media.die("daily")
    await gate.reached.wait()
    closing = asyncio.create_task(ada.ask("room:close"))
    gate.open.set()
    await closing
    await node.until(lambda: len(node.registry) == 0)
    assert node.media.rooms == {}
    types = node.record.types("daily")
    assert (types.count("track.removed"), types.count("meeting.ended")) == (1, 1)


async def test_the_last_one_may_leave_while_the_room_is_restored(node: Node) -> None:
    (ada,) = await meet(node, "ada")
    gate = Gate(node, c.OpenRoom)
    node.media.die("daily")
    await gate.reached.wait()
    leaving = asyncio.create_task(ada.ask("room:leave"))
    gate.open.set()
    await leaving
    await node.until(lambda: len(node.registry) == 0)
    assert node.media.rooms == {}


async def test_a_worker_that_dies_while_the_first_one_joins_costs_nothing(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    recording, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        recording.set()
        await go_on.wait()

    node.record.before = hold
    joining = asyncio.create_task(ada.join("daily"))
    await recording.wait()
    node.media.die("daily")
    go_on.set()
    await joining
    assert await ada.produce("camera")
    assert node.record.types("daily")[:2] == ["meeting.created", "meeting.started"]


async def test_other_rooms_hear_nothing(node: Node) -> None:
    (ada,) = await meet(node, "ada")
    await node.meeting("weekly")
    eve = await node.connect("eve")
    await eve.join("weekly")
    producer = await eve.produce("camera")
    node.media.die("daily", "unknown")
    await ada.told("media:reset")
    await eve.settle()
    assert "media:reset" not in eve.names()
    await eve.ask("producer:pause", producer_id=producer)


async def test_a_record_that_refuses_does_not_hold_the_recovery_up(node: Node) -> None:
    (ada,) = await meet(node, "ada")
    node.record.failing = lambda payload: isinstance(payload, WorkerDied | RoomRecovered)
    node.media.die("daily")
    await ada.told("media:reset")
    assert await ada.produce("camera")

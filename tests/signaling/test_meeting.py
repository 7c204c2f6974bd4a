"""What happens in a meeting: to whom it is told, what is recorded, what is left when it ends."""

from __future__ import annotations

from typing import Any

import pytest

from config.settings import LimitSettings
from persistence.events import ParticipantJoined, TrackAdded, VideoMuted
from sfu import commands
from sfu.events import TransportStateChanged
from signaling.passwords import Passwords
from signaling.roles import Role
from tests.signaling.conftest import Node


async def test_creating_a_meeting_does_not_join_it(node: Node) -> None:
    ada = await node.connect("ada")
    meeting = (await ada.ask("room:create", title="  Standup  "))["meeting"]
    assert (meeting["title"], meeting["status"], meeting["creator_id"]) == ("Standup", "Scheduled", "user-ada")
    assert len(node.registry) == 0
    assert (await ada.join(meeting["id"]))["your_role"] == "host"


@pytest.mark.parametrize("claims", [{"grants": {}}, {"grants": {"room_create": False}}, {"meeting": "daily"}])
async def test_creating_needs_the_grant(node: Node, claims: dict[str, Any]) -> None:
    ada = await node.connect("ada", **claims)
    assert await ada.refused("room:create") == "ACCESS_DENIED"


async def test_an_unknown_meeting_is_made_only_for_a_token_that_names_it_and_may_create(node: Node) -> None:
    ada = await node.connect("ada", meeting="fresh", grants={"room_create": True})
    bob = await node.connect("bob", meeting="fresh")
    eve = await node.connect("eve")
    assert await eve.refused("room:join", meeting_id="fresh") == "NOT_FOUND"
    assert await bob.refused("room:join", meeting_id="fresh") == "NOT_FOUND"
    assert (await ada.join("fresh"))["your_role"] == "host"
    assert (await bob.join("fresh"))["your_role"] == "participant"


async def test_a_token_of_another_meeting_is_denied_whether_that_exists_or_not(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada", meeting="other", grants={"room_create": True})
    assert await ada.refused("room:join", meeting_id="daily") == "ACCESS_DENIED"
    assert await ada.refused("room:join", meeting_id="nowhere") == "ACCESS_DENIED"


async def test_a_password_is_asked_of_whoever_joins(node: Node) -> None:
    await node.meeting(password_hash=await Passwords().hash("swordfish"))
    ada = await node.connect("ada")
    assert await ada.refused("room:join", meeting_id="daily") == "ACCESS_DENIED"
    assert await ada.refused("room:join", meeting_id="daily", password="carp") == "ACCESS_DENIED"
    assert (await ada.join("daily", password="swordfish"))["meeting"]["has_password"] is True


async def test_whoever_made_a_meeting_is_not_asked_for_its_password(node: Node) -> None:
    ada, bob = await node.connect("ada"), await node.connect("bob", role=Role.HOST)
    meeting = (await ada.ask("room:create", password="swordfish"))["meeting"]
    assert (await ada.join(meeting["id"]))["your_role"] == "host"
    assert await bob.refused("room:join", meeting_id=meeting["id"]) == "ACCESS_DENIED"


async def test_a_full_meeting_takes_nobody_until_somebody_leaves(node: Node) -> None:
    await node.meeting(max_participants=1)
    ada, bob = await node.connect("ada"), await node.connect("bob")
    await ada.join("daily")
    assert await bob.refused("room:join", meeting_id="daily") == "CAPACITY_EXCEEDED"
    await ada.ask("room:leave")
    await bob.join("daily")


async def test_the_joiner_sees_everybody_and_everybody_else_hears_of_the_joiner(node: Node) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob")
    first = await ada.join("daily", display_name=" \u202eAda\n ")
    producer = await ada.produce()
    second = await bob.join("daily")
    assert [p["display_name"] for p in second["participants"]] == ["Ada", "bob"]
    expected = {"producer_id": producer, "participant_id": first["participant_id"], "kind": "audio"}
    assert second["producers"] == [{**expected, "source": "microphone", "paused": False}]
    joined = await ada.told("participant:joined")
    assert joined == next(p for p in second["participants"] if p["participant_id"] == second["participant_id"])
    assert "participant:joined" not in bob.names()


async def test_a_life_of_a_meeting_is_recorded_in_the_order_it_happened(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    microphone = await ada.produce("microphone")
    for enabled in (False, False, True):
        await ada.ask("media:toggle", kind="audio", enabled=enabled)
    await ada.ask("screen:start")
    screen = await ada.produce("screen")
    await ada.ask("producer:close", producer_id=screen)
    await ada.ask("screen:stop")
    await ada.ask("hand:raise", raised=True)
    await ada.ask("reaction:send", reaction="🎉")
    await ada.ask("room:leave")
    assert microphone not in node.media.rooms
    assert node.record.types("daily") == [
        "meeting.created",
        "meeting.started",
        "conference.joined",
        "participant.joined",
        "track.added",
        "audio.muted",
        "audio.unmuted",
        "screen_share.started",
        "track.added",
        "track.removed",
        "screen_share.stopped",
        "hand.raised",
        "reaction.sent",
        "track.removed",
        "participant.left",
        "meeting.ended",
    ]


async def test_muting_by_toggle_and_by_pause_are_one_switch(node: Node) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob")
    await ada.join("daily")
    await bob.join("daily")
    microphone = await ada.produce("microphone")
    await ada.ask("producer:pause", producer_id=microphone)
    await ada.ask("media:toggle", kind="audio", enabled=False)
    assert (await bob.told("media:updated"))["enabled"] is False
    assert await bob.told("producer:paused") == {"producer_id": microphone}
    await ada.ask("media:toggle", kind="audio", enabled=True)
    assert await bob.told("producer:resumed") == {"producer_id": microphone}
    await bob.settle()
    assert bob.names().count("media:updated") == 2
    assert [t for t in node.record.types("daily") if t.startswith("audio")] == ["audio.muted", "audio.unmuted"]
    assert node.media.rooms["daily"].paused == set()


async def test_a_consumer_closes_when_its_producer_closes(node: Node) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob")
    await ada.join("daily")
    await bob.join("daily")
    producer = await ada.produce()
    await bob.told("producer:added")
    consumer = await bob.consume(producer)
    await ada.ask("producer:close", producer_id=producer)
    assert await bob.told("consumer:closed") == {"consumer_id": consumer}
    assert await bob.told("producer:removed") == {"producer_id": producer}
    assert await bob.refused("consumer:resume", consumer_id=consumer) == "NOT_FOUND"
    assert "producer:removed" not in ada.names()


async def test_a_disconnect_takes_everything_of_the_participant_along(node: Node) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob")
    joined = await ada.join("daily")
    await bob.join("daily")
    consumer = await bob.consume(await ada.produce())
    await ada.socket.disconnect()
    left = await bob.told("participant:left")
    assert left == {"participant_id": joined["participant_id"], "user_id": "user-ada", "reason": "disconnected"}
    assert await bob.told("consumer:closed") == {"consumer_id": consumer}
    await node.until(lambda: len(node.media.rooms["daily"].transports) == 1)
    assert not node.media.rooms["daily"].producers
    await bob.socket.disconnect()
    await node.until(lambda: not node.media.rooms and len(node.registry) == 0 and node.gateway.sessions == 0)


async def test_only_a_host_closes_the_room_and_everybody_else_is_told_why(node: Node) -> None:
    await node.meeting(creator_id="user-ada")
    ada, bob = await node.connect("ada"), await node.connect("bob")
    await ada.join("daily")
    await bob.join("daily")
    assert await bob.refused("room:close") == "ACCESS_DENIED"
    assert await ada.ask("room:close") == {"meeting_id": "daily"}
    assert await bob.told("room:closed") == {"meeting_id": "daily", "reason": "closed_by_host"}
    assert "room:closed" not in ada.names()
    assert await bob.refused("room:leave") == "ACCESS_DENIED"
    assert node.media.rooms == {}
    assert node.record.types("daily")[-3:] == ["participant.left", "participant.left", "meeting.ended"]
    assert (await bob.join("daily"))["your_role"] == "participant"


async def test_an_observer_may_watch_and_not_send(node: Node) -> None:
    await node.meeting()
    ada, eve = await node.connect("ada"), await node.connect("eve", role=Role.OBSERVER)
    await ada.join("daily")
    await eve.join("daily")
    await eve.consume(await ada.produce())
    send = await eve.transport("send")
    track = {"transport_id": send, "kind": "audio", "rtpParameters": {}, "source": "microphone"}
    assert await eve.refused("produce", **track) == "ACCESS_DENIED"
    assert await eve.refused("screen:start") == "ACCESS_DENIED"


async def test_a_token_can_withhold_sending_receiving_and_sharing(node: Node) -> None:
    await node.meeting()
    grants = {"can_publish": False, "can_subscribe": False, "can_share_screen": False}
    ada, eve = await node.connect("ada"), await node.connect("eve", grants=grants)
    await ada.join("daily")
    await eve.join("daily")
    producer = await ada.produce()
    send, recv = await eve.transport("send"), await eve.transport("recv")
    track = {"transport_id": send, "kind": "audio", "rtpParameters": {}, "source": "microphone"}
    assert await eve.refused("produce", **track) == "ACCESS_DENIED"
    assert await eve.refused("screen:start") == "ACCESS_DENIED"
    wish = {"transport_id": recv, "producer_id": producer, "rtpCapabilities": {}}
    assert await eve.refused("consume", **wish) == "ACCESS_DENIED"


async def test_a_transport_serves_one_direction_and_a_source_one_kind(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    send, recv = await ada.transport("send"), await ada.transport("recv")
    track: dict[str, Any] = {"kind": "audio", "rtpParameters": {}, "source": "microphone"}
    assert await ada.refused("produce", **track, transport_id=recv) == "VALIDATION"
    assert await ada.refused("produce", **(track | {"source": "camera"}), transport_id=send) == "VALIDATION"
    producer = await ada.produce(transport_id=send)
    wish = {"producer_id": producer, "rtpCapabilities": {}}
    assert await ada.refused("consume", **wish, transport_id=send) == "VALIDATION"
    garbage = {"garbage": True}
    assert await ada.refused("transport:connect", transport_id=send, dtlsParameters=garbage) == "VALIDATION"


class TestCaps:
    @pytest.fixture
    def limits(self) -> LimitSettings:
        return LimitSettings(
            max_rooms=1,
            max_transports_per_participant=2,
            max_producers_per_participant=1,
            max_consumers_per_participant=1,
        )

    async def test_what_a_participant_holds_and_how_many_rooms_there_are_is_capped(self, node: Node) -> None:
        await node.meeting("one")
        await node.meeting("two")
        ada, bob = await node.connect("ada"), await node.connect("bob")
        await ada.join("one")
        send, recv = await ada.transport("send"), await ada.transport("recv")
        producer = await ada.produce(transport_id=send)
        await ada.consume(producer, recv)
        track = {"transport_id": send, "kind": "audio", "rtpParameters": {}, "source": "microphone"}
        wish = {"transport_id": recv, "producer_id": producer, "rtpCapabilities": {}}
        assert await ada.refused("transport:create", direction="send") == "CAPACITY_EXCEEDED"
        assert await ada.refused("produce", **track) == "CAPACITY_EXCEEDED"
        assert await ada.refused("consume", **wish) == "CAPACITY_EXCEEDED"
        assert await bob.refused("room:join", meeting_id="two") == "CAPACITY_EXCEEDED"


async def test_a_join_that_cannot_be_recorded_leaves_nothing_behind(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    node.record.failing = lambda fact: isinstance(fact, ParticipantJoined)
    assert await ada.refused("room:join", meeting_id="daily") == "UNAVAILABLE"
    assert (node.media.rooms, len(node.registry)) == ({}, 0)
    assert node.record.types("daily") == ["meeting.created", "meeting.started", "meeting.ended"]
    node.record.failing = lambda _: False
    await ada.join("daily")


async def test_a_track_that_cannot_be_recorded_is_taken_back(node: Node) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob")
    await ada.join("daily")
    await bob.join("daily")
    send = await ada.transport("send")
    track = {"transport_id": send, "kind": "audio", "rtpParameters": {}, "source": "microphone"}
    node.record.failing = lambda fact: isinstance(fact, TrackAdded)
    assert await ada.refused("produce", **track) == "UNAVAILABLE"
    await bob.settle()
    assert not node.media.rooms["daily"].producers
    assert "producer:added" not in bob.names()


async def test_a_mute_that_cannot_be_recorded_is_taken_back(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    await ada.produce("camera")
    node.record.failing = lambda fact: isinstance(fact, VideoMuted)
    assert await ada.refused("media:toggle", kind="video", enabled=False) == "UNAVAILABLE"
    assert node.media.rooms["daily"].paused == set()


async def test_a_consumer_of_a_producer_that_closes_meanwhile_is_not_found(node: Node) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob")
    await ada.join("daily")
    await bob.join("daily")
    producer, recv = await ada.produce(), await bob.transport("recv")

    async def close_first(command: commands.Command[Any]) -> None:
        if isinstance(command, commands.Consume):
            node.media.before = None
            await ada.ask("producer:close", producer_id=producer)

    node.media.before = close_first
    wish = {"transport_id": recv, "producer_id": producer, "rtpCapabilities": {}}
    assert await bob.refused("consume", **wish) == "NOT_FOUND"
    assert not node.media.rooms["daily"].consumers


async def test_a_failed_transport_goes_with_all_that_is_on_it(node: Node) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob")
    await ada.join("daily")
    await bob.join("daily")
    send = await ada.transport("send")
    consumer = await bob.consume(await ada.produce(transport_id=send))
    for _ in range(2):
        node.media.happen(TransportStateChanged("daily", send, "failed", "fingerprint"))
    assert await ada.told("transport:closed") == {"transport_id": send, "reason": "fingerprint"}
    assert await bob.told("consumer:closed") == {"consumer_id": consumer}
    await bob.told("producer:removed")
    await ada.settle()
    assert ada.names() == ["participant:joined", "transport:closed"]
    assert await ada.refused("transport:restart_ice", transport_id=send) == "NOT_FOUND"


async def test_a_transport_whose_path_is_lost_stays_for_when_it_comes_back(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    send = await ada.transport("send")
    node.media.happen(TransportStateChanged("daily", send, "failed", "consent_expired"))
    await ada.settle()
    assert "transport:closed" not in ada.names()
    assert (await ada.ask("transport:restart_ice", transport_id=send))["transport_id"] == send


async def test_operators_see_the_rooms_and_what_is_in_them(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    producer = await ada.produce()
    consumer = await ada.consume(producer)
    room = node.registry.snapshot_of("daily")
    assert room is not None
    assert node.registry.snapshot() == [room]
    media = {"transports": 2, "producers": 1, "consumers": 1, "data_producers": 0, "data_consumers": 0}
    assert room["counts"] == {"participants": 1, **media}
    (participant,) = room["participants"]
    assert (participant["role"], participant["audio"]) == ("participant", True)
    assert participant["producers"][0]["producer_id"] == producer
    assert participant["consumers"][0]["consumer_id"] == consumer
    assert node.registry.snapshot_of("nowhere") is None


async def test_stopping_lets_everybody_leave_on_the_record(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    assert await node.gateway.ready() is None
    await node.gateway.stop()
    assert await node.gateway.ready() is not None
    assert node.record.facts[-2][3].reason == "server_stopping"
    assert node.record.types("daily")[-1] == "meeting.ended"
    assert (node.media.rooms, node.gateway.sessions) == ({}, 0)


async def test_a_guest_with_a_token_from_elsewhere_is_kept_out_where_guests_are_not_admitted(node: Node) -> None:
    await node.meeting(guests_allowed=False)
    await node.meeting("theirs", guests_allowed=False, creator_id="guest:gus")
    gus = await node.connect("gus", user_id="guest:gus")
    assert await gus.refused("room:join", meeting_id="daily") == "ACCESS_DENIED"
    assert (await gus.join("theirs"))["your_role"] == "host"

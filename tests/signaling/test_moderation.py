"""Hosts run the meeting: what they can do to whom, what everybody hears of it, and what the record keeps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sfu import commands
from signaling.moderating import MOST_BLOCKED
from signaling.permissions import Permissions
from signaling.ranks import SPOTLIGHT_PRIORITY
from signaling.roles import Role
from signaling.standings import Standing, Standings
from tests.signaling.conftest import Client, Node


async def trio(node: Node, second: Role = Role.PARTICIPANT) -> tuple[list[Client], list[str]]:
    """Ada hosts; Bob (with this role) and Cy are there too. Returns clients and participant ids."""
    await node.meeting(creator_id="user-ada")
    clients = [
        await node.connect("ada"),
        await node.connect("bob", role=second),
        await node.connect("cy"),
    ]
    ids = [(await client.join("daily"))["participant_id"] for client in clients]
    return clients, ids


def facts(node: Node, *types: str) -> list[tuple[str, str | None]]:
    return [(kind, who) for _, kind, who, _ in node.record.facts if kind in types]


async def test_a_mute_is_done_by_the_server_and_told_to_everybody(node: Node) -> None:
    (ada, bob, cy), (host, target, _) = await trio(node)
    microphone = await bob.produce("microphone")
    muted = await ada.ask("participant:mute", participant_id=target, kind="audio")
    assert muted == {"participant_id": target, "kind": "audio", "by": host}
    assert node.media.rooms["daily"].paused == {microphone}
    assert await bob.told("participant:muted") == muted
    assert await bob.told("producer:paused") == {"producer_id": microphone}
    assert await cy.told("media:updated") == {"participant_id": target, "kind": "audio", "enabled": False}
    assert facts(node, "audio.muted", "participant.muted_by") == [
        ("audio.muted", target),
        ("participant.muted_by", host),
    ]
    await ada.settle()
    assert "media:updated" not in ada.names()


async def test_muting_who_is_muted_changes_nothing(node: Node) -> None:
    (ada, bob, _), (_, target, _) = await trio(node)
    await bob.produce("microphone", paused=True)
    await ada.ask("participant:mute", participant_id=target, kind="audio")
    await ada.ask("participant:mute", participant_id=target, kind="video")
    await bob.settle()
    assert "participant:muted" not in bob.names()
    assert facts(node, "audio.muted", "video.muted", "participant.muted_by") == []


async def test_mute_all_leaves_the_one_who_asks(node: Node) -> None:
    (ada, bob, cy), (_, first, second) = await trio(node)
    mine = await ada.produce("microphone")
    others = {await bob.produce("microphone"), await cy.produce("microphone")}
    camera = await cy.produce("camera")
    assert (await ada.ask("room:mute_all", kind="audio"))["participant_ids"] == [first, second]
    assert node.media.rooms["daily"].paused == others
    assert {mine, camera} <= node.media.rooms["daily"].producers.keys()


async def test_a_co_host_can_do_nothing_to_a_host(node: Node) -> None:
    (ada, bob, _), (host, _, _) = await trio(node, Role.CO_HOST)
    microphone = await ada.produce("microphone")
    for event, more in (
        ("participant:mute", {"kind": "audio"}),
        ("participant:stop_share", {}),
        ("participant:remove", {}),
        ("participant:block", {}),
        ("participant:permit", {"can_use_chat": False}),
    ):
        assert await bob.refused(event, participant_id=host, **more) == "ACCESS_DENIED"
    assert (await bob.ask("room:mute_all", kind="audio"))["participant_ids"] == []
    assert microphone not in node.media.rooms["daily"].paused


async def test_nobody_is_unmuted_by_another_but_asked(node: Node) -> None:
    (ada, bob, cy), (host, target, _) = await trio(node)
    microphone = await bob.produce("microphone", paused=True)
    await ada.ask("participant:ask_unmute", participant_id=target, kind="audio")
    assert await bob.told("unmute:requested") == {"kind": "audio", "by": host}
    await cy.settle()
    assert "unmute:requested" not in cy.names()
    assert microphone not in {c.producer_id for c in node.media.asked if isinstance(c, commands.ResumeProducer)}
    assert facts(node, "unmute.requested", "audio.unmuted") == [("unmute.requested", host)]


async def test_where_unmuting_is_switched_off_only_who_is_asked_can_once(node: Node) -> None:
    (ada, bob, _), (_, target, _) = await trio(node)
    microphone = await bob.produce("microphone")
    await ada.ask("room:features", unmute=False)
    await ada.ask("participant:mute", participant_id=target, kind="audio")
    toggle = {"kind": "audio", "enabled": True}
    assert await bob.refused("media:toggle", **toggle) == "ACCESS_DENIED"
    assert await bob.refused("producer:resume", producer_id=microphone) == "ACCESS_DENIED"
    await ada.ask("participant:ask_unmute", participant_id=target, kind="audio")
    await bob.ask("media:toggle", **toggle)
    await bob.ask("media:toggle", kind="audio", enabled=False)
    assert await bob.refused("media:toggle", **toggle) == "ACCESS_DENIED"
    await bob.ask("media:toggle", kind="video", enabled=True)


async def test_a_microphone_made_where_it_may_not_be_on_is_paused_from_the_start(node: Node) -> None:
    (ada, bob, cy), _ = await trio(node)
    await ada.ask("room:features", unmute=False)
    microphone = await bob.produce("microphone")
    assert await bob.told("producer:paused") == {"producer_id": microphone}
    assert (await cy.told("producer:added"))["paused"] is True
    asked = next(c for c in node.media.asked if isinstance(c, commands.Produce) and c.producer_id == microphone)
    assert asked.paused


async def test_a_microphone_made_while_hosts_switch_unmuting_off_does_not_stay_on(node: Node) -> None:
    (ada, bob, _), _ = await trio(node)

    async def meanwhile(command: Any) -> None:
        if isinstance(command, commands.Produce):
            node.media.after = None
            await ada.ask("room:features", unmute=False)

    node.media.after = meanwhile
    microphone = await bob.produce("microphone")
    assert node.media.rooms["daily"].paused == {microphone}


async def test_a_stopped_share_takes_its_tracks_along(node: Node) -> None:
    (ada, bob, cy), (host, target, _) = await trio(node)
    await bob.ask("screen:start")
    screen, sound = await bob.produce("screen"), await bob.produce("screen_audio")
    camera = await bob.produce("camera")
    await ada.ask("participant:stop_share", participant_id=target)
    assert await bob.told("participant:share_stopped") == {"participant_id": target, "by": host}
    assert await cy.told("screen:stopped") == {"participant_id": target}
    assert set(node.media.rooms["daily"].producers) == {camera}
    assert {(await bob.told("producer:removed", n))["producer_id"] for n in (1, 2)} == {screen, sound}
    assert facts(node, "screen_share.stopped", "screen_share.stopped_by") == [
        ("screen_share.stopped", target),
        ("screen_share.stopped_by", host),
    ]


async def test_hosts_lower_one_hand_and_all_hands(node: Node) -> None:
    (ada, bob, cy), (host, first, second) = await trio(node)
    for client in (cy, bob):
        await client.ask("hand:raise", raised=True)
    assert (await ada.ask("hand:lower", participant_id=second))["participant_ids"] == [second]
    assert await cy.told("hand:raised", 2) == {"participant_id": second, "raised": False, "by": host}
    await cy.ask("hand:raise", raised=True)
    assert set((await ada.ask("hand:lower_all"))["participant_ids"]) == {first, second}
    assert (await ada.ask("hand:lower_all"))["participant_ids"] == []
    assert len(facts(node, "hand.lowered")) == 3


async def test_whoever_is_removed_is_out_at_once_and_may_come_back(node: Node) -> None:
    (ada, bob, cy), (host, target, _) = await trio(node)
    await bob.produce("microphone")
    await ada.ask("participant:remove", participant_id=target)
    for client in (bob, cy):
        left = await client.told("participant:left")
        assert left == {"participant_id": target, "user_id": "user-bob", "reason": "removed"}
    assert await bob.refused("hand:raise", raised=True) == "ACCESS_DENIED"
    assert node.media.rooms["daily"].transports == {}
    assert facts(node, "participant.removed", "participant.left") == [
        ("participant.removed", host),
        ("participant.left", target),
    ]
    assert (await bob.join("daily"))["participant_id"] != target


async def test_whoever_is_blocked_stays_out_until_unblocked(node: Node) -> None:
    (ada, bob, _), (_, target, _) = await trio(node)
    twin = await node.connect("twin", user_id="user-bob")
    await twin.join("daily")
    await ada.ask("participant:block", participant_id=target)
    assert (await twin.told("participant:left"))["reason"] == "blocked"
    assert (await bob.told("participant:left"))["reason"] == "blocked"
    for client in (bob, twin):
        assert await client.refused("room:join", meeting_id="daily") == "ACCESS_DENIED"
    assert (await ada.ask("room:blocks"))["blocked"] == [{"user_id": "user-bob", "display_name": "bob"}]
    await ada.ask("participant:unblock", user_id="user-bob")
    assert await ada.refused("participant:unblock", user_id="user-bob") == "NOT_FOUND"
    await bob.join("daily")


async def test_so_many_are_blocked_and_no_more(node: Node) -> None:
    (ada, bob, _), (_, target, _) = await trio(node)
    room = node.registry.get("daily")
    assert room is not None
    room.blocked |= {f"user-{number}": "somebody" for number in range(MOST_BLOCKED)}
    assert await ada.refused("participant:block", participant_id=target) == "CAPACITY_EXCEEDED"
    await ada.ask("participant:unblock", user_id="user-7")
    await ada.ask("participant:block", participant_id=target)
    assert (await bob.told("participant:left"))["reason"] == "blocked"


async def test_whoever_is_blocked_while_they_join_does_not_get_in(node: Node) -> None:
    """Case 54: a kick while joining."""
    (ada, _, _), (_, target, _) = await trio(node)
    twin = await node.connect("twin", user_id="user-bob")

    async def meanwhile() -> None:
        node.record.before = None
        await ada.ask("participant:block", participant_id=target)

    node.record.before = meanwhile
    assert await twin.refused("room:join", meeting_id="daily") == "ACCESS_DENIED"
    assert len(facts(node, "participant.joined")) - len(facts(node, "participant.left")) == 2


async def test_a_transport_made_while_its_owner_is_removed_is_closed(node: Node) -> None:
    (ada, bob, _), (_, target, _) = await trio(node)

    async def meanwhile(command: Any) -> None:
        if isinstance(command, commands.CreateTransport):
            node.media.after = None
            await ada.ask("participant:remove", participant_id=target)

    node.media.after = meanwhile
    assert await bob.refused("transport:create", direction="send") == "ACCESS_DENIED"
    assert node.media.rooms["daily"].transports == {}


async def test_hosts_cannot_remove_or_block_themselves(node: Node) -> None:
    """Case 53."""
    (ada, _, _), (host, _, _) = await trio(node)
    for event in ("participant:remove", "participant:block"):
        assert await ada.refused(event, participant_id=host) == "CONFLICT"


async def test_a_role_that_is_given_holds_for_requests_and_for_coming_back(node: Node) -> None:
    (ada, bob, cy), (host, target, _) = await trio(node)
    assert await bob.refused("room:lock", locked=True) == "ACCESS_DENIED"
    await ada.ask("participant:set_role", participant_id=target, role="co_host")
    for client in (bob, cy):
        assert (await client.told("participant:updated"))["role"] == "co_host"
    assert facts(node, "role.changed") == [("role.changed", host)]
    await bob.ask("room:leave")
    assert (await bob.join("daily"))["your_role"] == "co_host"


async def test_what_was_taken_away_is_not_regained_by_coming_back(node: Node) -> None:
    (ada, bob, _), (_, target, _) = await trio(node)
    await ada.ask("participant:permit", participant_id=target, can_share_screen=False)
    await bob.ask("room:leave")
    await bob.join("daily")
    assert await bob.refused("screen:start") == "ACCESS_DENIED"


async def test_a_demoted_hosts_queued_requests_are_refused(node: Node) -> None:
    """Case 53: the right to ask is judged when a request is carried out."""
    (ada, bob, cy), (_, target, third) = await trio(node)
    await ada.ask("participant:set_role", participant_id=target, role="host")
    turned = asyncio.Event()
    room = node.registry.get("daily")
    assert room is not None

    async with room.moderating:
        demotion = asyncio.ensure_future(ada.ask("participant:set_role", participant_id=target, role="participant"))
        await node.until(lambda: bool(room.moderating._waiters))
        removal = asyncio.ensure_future(bob.request("participant:remove", participant_id=third))
        later = asyncio.ensure_future(bob.request("room:lock", locked=True))
        await node.until(lambda: len(room.moderating._waiters or ()) == 2)
        turned.set()
    await demotion
    assert [answer["error"]["code"] for answer in (await removal, await later)] == ["ACCESS_DENIED"] * 2
    await cy.settle()
    assert third in room.participants
    assert not room.locked


async def test_a_host_of_their_own_right_is_not_demoted_by_one_they_made(node: Node) -> None:
    (ada, bob, _), (host, target, _) = await trio(node)
    await ada.ask("participant:set_role", participant_id=target, role="host")
    assert await bob.refused("participant:set_role", participant_id=host, role="participant") == "ACCESS_DENIED"
    assert await bob.refused("participant:remove", participant_id=host) == "ACCESS_DENIED"
    await ada.ask("participant:set_role", participant_id=target, role="participant")


async def test_hosts_step_down_only_when_another_host_is_there(node: Node) -> None:
    (ada, _, _), (host, target, _) = await trio(node)
    assert await ada.refused("participant:set_role", participant_id=host, role="participant") == "CONFLICT"
    await ada.ask("participant:set_role", participant_id=target, role="host")
    await ada.ask("participant:set_role", participant_id=host, role="participant")
    assert await ada.refused("room:lock", locked=True) == "ACCESS_DENIED"


async def test_an_observer_keeps_nothing_they_sent(node: Node) -> None:
    (ada, bob, _), (_, target, _) = await trio(node)
    on = await bob.transport("send", sctp=True)
    await bob.produce("microphone", on)
    stream = {"streamId": 1, "ordered": True}
    channel = await bob.ask("produce_data", transport_id=on, sctpStreamParameters=stream, label="l", protocol="")
    await bob.ask("screen:start")
    await ada.ask("participant:set_role", participant_id=target, role="observer")
    assert node.media.rooms["daily"].producers == {}
    closed = await bob.told("data_producer:closed")
    assert closed == {"data_producer_id": channel["id"], "reason": "role_changed"}
    assert await bob.told("producer:removed")
    assert await bob.refused("screen:start") == "ACCESS_DENIED"
    assert facts(node, "screen_share.stopped") == [("screen_share.stopped", target)]


async def test_when_the_last_host_leaves_the_oldest_co_host_hosts(node: Node) -> None:
    (ada, bob, cy), (_, first, second) = await trio(node)
    for target in (second, first):
        await ada.ask("participant:set_role", participant_id=target, role="co_host")
    await ada.ask("room:leave")
    assert (await cy.told("participant:updated", 3))["role"] == "host"
    await bob.ask("participant:set_role", participant_id=second, role="participant")
    assert facts(node, "role.changed")[2] == ("role.changed", None)


async def test_without_a_co_host_a_meeting_goes_on_without_host(node: Node) -> None:
    (ada, bob, cy), _ = await trio(node)
    await ada.ask("room:leave")
    for client in (bob, cy):
        assert await client.refused("room:lock", locked=True) == "ACCESS_DENIED"
    assert (await ada.join("daily"))["your_role"] == "host"


async def test_a_locked_room_takes_in_nobody_but_hosts(node: Node) -> None:
    (ada, bob, cy), (host, _, _) = await trio(node)
    await ada.ask("room:lock", locked=True)
    assert await bob.told("room:locked") == {"locked": True, "by": host}
    await bob.ask("room:leave")
    assert await bob.refused("room:join", meeting_id="daily") == "ACCESS_DENIED"
    await ada.ask("room:leave")
    assert (await ada.join("daily"))["locked"] is True
    await ada.ask("room:lock", locked=False)
    await bob.join("daily")
    assert [kind for kind, _ in facts(node, "room.locked", "room.unlocked")] == ["room.locked", "room.unlocked"]
    await cy.settle()


async def test_features_are_switched_for_everybody_but_hosts(node: Node) -> None:
    (ada, bob, _), (host, target, _) = await trio(node)
    await bob.ask("screen:start")
    changed = await ada.ask("room:features", screen_share=False, reactions=False)
    everything = {"chat": True, "screen_share": False, "reactions": False, "unmute": True, "start_video": True}
    assert changed == {"features": everything, "by": host}
    assert await bob.told("room:features_set") == changed
    assert (await bob.told("participant:share_stopped"))["by"] == host
    assert await bob.refused("screen:start") == "ACCESS_DENIED"
    assert await bob.refused("reaction:send", reaction="👍") == "ACCESS_DENIED"
    await ada.ask("reaction:send", reaction="👍")
    await ada.ask("participant:permit", participant_id=target, is_presenter=True)
    await bob.ask("screen:start")
    cy = await node.connect("dee")
    assert (await cy.join("daily"))["features"] == everything


async def test_the_spotlight_is_everybodys_and_ranks_the_camera(node: Node) -> None:
    (ada, bob, cy), (host, target, third) = await trio(node)
    camera = await bob.produce("camera")
    assert (await ada.ask("room:spotlight", participant_ids=[target, target]))["participant_ids"] == [target]
    assert await cy.told("room:spotlit") == {"participant_ids": [target], "by": host}

    def ranks() -> list[tuple[str, int]]:
        asked = [c for c in node.media.asked if isinstance(c, commands.SetProducerPriority)]
        return [(command.producer_id, command.priority) for command in asked]

    await node.until(lambda: ranks() == [(camera, SPOTLIGHT_PRIORITY)])
    await ada.ask("room:spotlight", participant_ids=[third])
    late = await cy.produce("camera")
    await node.until(lambda: ranks()[1:] == [(camera, 0), (late, SPOTLIGHT_PRIORITY)])
    await cy.ask("room:leave")
    assert (await cy.join("daily"))["spotlight"] == []
    assert await ada.refused("room:spotlight", participant_ids=["x"] * 7) == "VALIDATION"


async def test_what_the_record_refuses_is_not_done(node: Node) -> None:
    (ada, bob, _), (_, target, _) = await trio(node)
    microphone = await bob.produce("microphone")
    node.record.failing = lambda _: True
    room = node.registry.get("daily")
    assert room is not None
    for event, payload in (
        ("participant:mute", {"participant_id": target, "kind": "audio"}),
        ("participant:set_role", {"participant_id": target, "role": "co_host"}),
        ("participant:permit", {"participant_id": target, "can_use_chat": False}),
        ("participant:block", {"participant_id": target}),
        ("room:lock", {"locked": True}),
        ("room:features", {"chat": False}),
        ("room:spotlight", {"participant_ids": [target]}),
    ):
        assert await ada.refused(event, **payload) == "UNAVAILABLE", event
    node.record.failing = lambda _: False
    assert microphone not in node.media.rooms["daily"].paused
    assert room.participants[target].role is Role.PARTICIPANT
    assert (room.locked, room.spotlight, room.blocked, room.features.chat) == (False, [], {}, True)


@pytest.mark.parametrize("capacity", [1, 3])
def test_at_most_so_many_standings_are_kept_the_oldest_goes_first(capacity: int) -> None:
    standings = Standings(capacity)
    for name in range(5):
        standings.keep(str(name), Standing(Role.CO_HOST, Permissions()))
    assert len(standings) == capacity
    assert standings.of("4") is not None
    assert standings.of("0") is None

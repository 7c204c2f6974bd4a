"""A server that ended without a word is followed by one that goes on where it stopped; the record says what ended."""

from __future__ import annotations

from typing import Any

import pytest

from config.settings import LimitSettings, RateSettings
from persistence.events import (
    MeetingEnded,
    MeetingRevived,
    MeetingStarted,
    ParticipantLeft,
    ScreenShareStopped,
    TrackRemoved,
)
from signaling.rooms import Room
from tests.signaling.conftest import Client, Node, serving


def after(node: Node, **limits: Any) -> Node:
    """The server that starts when `node` was killed: all it has is the record."""
    return Node(LimitSettings(**limits), RateSettings(), node.store)


def room_of(node: Node) -> Room:
    room = node.registry.get("daily")
    assert room is not None
    return room


async def hosted(node: Node) -> tuple[Client, Client, dict[str, Any], dict[str, Any]]:
    await node.meeting(creator_id="user-ada")
    ada, bob = await node.connect("ada"), await node.connect("bob")
    return ada, bob, await ada.join("daily"), await bob.join("daily")


async def test_everybody_finds_their_place_with_role_hand_and_mutes(node: Node) -> None:
    ada, bob, host, guest = await hosted(node)
    await ada.ask("participant:set_role", participant_id=guest["participant_id"], role="co_host")
    await bob.produce("microphone")
    await bob.produce("camera")
    await bob.ask("media:toggle", kind="audio", enabled=False)
    await bob.ask("hand:raise", raised=True)
    await ada.ask("room:lock", locked=True)
    await ada.ask("room:features", chat=False)
    await ada.ask("room:spotlight", participant_ids=[guest["participant_id"]])
    async with serving(after(node)) as successor:
        again = await successor.connect("bob")
        back = await again.join("daily", resume_token=guest["resume_token"])
        assert (back["participant_id"], back["your_role"]) == (guest["participant_id"], "co_host")
        assert back["resumed"] == {"transports": [], "consumers": [], "data_consumers": []}
        assert (back["locked"], back["features"]["chat"]) == (True, False)
        assert back["spotlight"] == [guest["participant_id"]]
        people = {person["participant_id"]: person for person in back["participants"]}
        mine, theirs = people[guest["participant_id"]], people[host["participant_id"]]
        assert (mine["audio"], mine["video"], mine["hand_position"], mine["connected"]) == (False, True, 1, True)
        assert (theirs["role"], theirs["connected"]) == ("host", False)
        assert back["producers"] == []


async def test_what_was_written_and_asked_names_and_presence_are_there_again(node: Node) -> None:
    ada, bob, host, guest = await hosted(node)
    said = await ada.ask("chat:send", text="Before the fall")
    await ada.ask("chat:send", text="Only you", to_participant_id=guest["participant_id"])
    polls = [
        await ada.ask("poll:create", type="YesNo", question="Again?", anonymous=anonymous)
        for anonymous in (False, True)
    ]
    for poll in polls:
        await bob.ask("poll:vote", poll_id=poll["poll_id"], choices=[0])
    await bob.ask("participant:rename", display_name="Robert")
    await ada.ask("presence:set", presence="away")
    async with serving(after(node)) as successor:
        again = await successor.connect("bob")
        back = await again.join("daily", resume_token=guest["resume_token"], chat_seen=said["revision"])
        texts = [message["text"] for message in back["chat"]["messages"]]
        assert texts[0] == "Only you"
        assert "Before the fall" not in texts
        assert texts[-1] == "bob is now called Robert."
        assert [(poll["votes"], poll["own"], poll["open"]) for poll in back["polls"]] == [
            (1, {"choices": [0]}, True)
        ] * 2
        changed = await again.ask("poll:vote", poll_id=polls[1]["poll_id"], choices=[1])
        assert (changed["votes"], changed["results"]["counts"]) == (1, [0, 1])
        people = {person["participant_id"]: person for person in back["participants"]}
        assert people[guest["participant_id"]]["display_name"] == "Robert"
        assert people[host["participant_id"]]["presence"] == "away"
        assert (await again.ask("chat:send", text="After it"))["revision"] > back["chat"]["revision"]


async def test_whoever_comes_back_makes_new_media_and_is_heard(node: Node) -> None:
    ada, _, host, guest = await hosted(node)
    await ada.produce("microphone")
    async with serving(after(node)) as successor:
        people = [await successor.connect("ada"), await successor.connect("bob")]
        for person, joined in zip(people, (host, guest), strict=True):
            await person.join("daily", resume_token=joined["resume_token"])
        await people[1].consume(await people[0].produce("microphone"))


async def test_the_token_before_the_last_is_heard_when_the_answer_was_lost_with_the_server(node: Node) -> None:
    ada, _, joined, _ = await hosted(node)
    await ada.lose()
    await node.until(lambda: room_of(node).participants[joined["participant_id"]].away_since is not None)
    again = await node.connect("ada")
    await again.join("daily", resume_token=joined["resume_token"])
    async with serving(after(node)) as successor:
        later = await successor.connect("ada")
        back = await later.join("daily", resume_token=joined["resume_token"])
        assert back["participant_id"] == joined["participant_id"]


async def test_a_wrong_token_is_an_ordinary_join(node: Node) -> None:
    _, _, host, guest = await hosted(node)
    async with serving(after(node)) as successor:
        eve = await successor.connect("eve")
        assert (await eve.join("daily", resume_token=host["resume_token"])).get("resumed") is None
        bob = await successor.connect("bob")
        assert (await bob.join("daily", resume_token="")).get("resumed") is None
        assert len(room_of(successor).participants) == 4
        assert guest["participant_id"] in room_of(successor).participants


async def test_what_cannot_outlive_the_server_is_ended_in_the_record(node: Node) -> None:
    ada, _, host, guest = await hosted(node)
    voice = await ada.produce("microphone")
    picture = await ada.produce("screen")
    await ada.ask("screen:start")
    before = len(node.record.facts)
    async with serving(after(node)) as successor:
        told = [(actor, fact) for _, _, actor, fact in successor.record.facts[before:]]
        assert told[0] == (None, MeetingRevived(participants=2))
        removed = {fact.producer_id: actor for actor, fact in told if isinstance(fact, TrackRemoved)}
        assert removed == {voice: host["participant_id"], picture: host["participant_id"]}
        assert [actor for actor, fact in told if isinstance(fact, ScreenShareStopped)] == [host["participant_id"]]
        assert not any(isinstance(fact, ParticipantLeft | MeetingEnded) for _, fact in told)
        assert set(room_of(successor).participants) == {host["participant_id"], guest["participant_id"]}


class TestPatience:
    @pytest.fixture
    def patience(self) -> dict[str, Any]:
        return {"resume_within_s": 0.05}

    async def test_nobody_is_left_behind_as_a_ghost(self, node: Node, patience: dict[str, Any]) -> None:
        _, _, host, guest = await hosted(node)
        async with serving(after(node, **patience)) as successor:
            await successor.until(lambda: successor.registry.get("daily") is None)
            left = [fact for _, _, _, fact in successor.record.facts if isinstance(fact, ParticipantLeft)]
            assert [fact.reason for fact in left] == ["connection_lost", "connection_lost"]
            assert successor.record.types("daily")[-1] == "meeting.ended"
            assert await successor.store.runs.unfinished() == []
            assert {host["participant_id"], guest["participant_id"]} == {
                actor for _, _, actor, fact in successor.record.facts if isinstance(fact, ParticipantLeft)
            }


async def test_a_meeting_that_nobody_was_in_is_ended(node: Node) -> None:
    await node.meeting()
    await node.record.emit("daily", MeetingStarted(title="Daily", node=node.store.node))
    async with serving(after(node)) as successor:
        assert successor.registry.get("daily") is None
        assert node.record.facts[-1][3] == MeetingEnded(reason="server_restarted")


async def test_a_meeting_of_another_node_is_left_alone(node: Node) -> None:
    await hosted(node)
    facts = list(node.record.facts)
    node.store.node = "another"
    async with serving(after(node)) as successor:
        assert successor.registry.get("daily") is None
        assert node.record.facts == facts


async def test_a_room_that_finds_no_worker_is_ended_in_the_record(node: Node) -> None:
    await hosted(node)
    successor = after(node)
    successor.media.placeable = False
    async with serving(successor):
        assert successor.registry.get("daily") is None
        assert node.record.types("daily")[-1] == "meeting.ended"
        assert node.record.types("daily").count("participant.left") == 2


async def test_who_waited_in_the_lobby_waits_no_more(node: Node) -> None:
    await node.meeting(creator_id="user-ada", lobby=True)
    ada, eve = await node.connect("ada"), await node.connect("eve")
    await ada.join("daily")
    await eve.ask("room:join", meeting_id="daily")
    async with serving(after(node)):
        assert node.record.types("daily").count("lobby.left") == 1


async def test_after_a_stop_what_hosts_had_made_of_the_room_and_of_people_holds(node: Node) -> None:
    store = node.store
    async with serving(Node(LimitSettings(), RateSettings(), store)) as before:
        ada, _, _, guest = await hosted(before)
        await ada.ask("participant:set_role", participant_id=guest["participant_id"], role="co_host")
        await ada.ask("room:features", chat=False)
        await ada.ask("room:lock", locked=True)
        await before.gateway.stop()
    assert store.emitter.types("daily").count("role.changed") == 1, "nobody inherits from a host who is stopped"
    async with serving(after(node)) as successor:
        bob = await successor.connect("bob")
        back = await bob.join("daily")
        assert (back["your_role"], back["locked"], back["features"]["chat"]) == ("co_host", True, False)

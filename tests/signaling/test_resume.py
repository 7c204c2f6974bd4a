"""A lost connection keeps its participant for a while; who comes back in time is who they were."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from config.rates import RateSettings
from config.settings import LimitSettings
from persistence.tables import MeetingStatus
from sfu.events import DataProducerClosed, TransportStateChanged
from signaling.passwords import Passwords
from signaling.rooms import Room
from tests.signaling.conftest import Client, Node


async def pair(node: Node) -> tuple[Client, Client, dict[str, Any]]:
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob")
    joined = await ada.join("daily")
    await bob.join("daily")
    return ada, bob, joined


def room_of(node: Node) -> Room:
    room = node.registry.get("daily")
    assert room is not None
    return room


async def lost(node: Node, person: Client, participant_id: str) -> None:
    await person.lose()
    await node.until(lambda: room_of(node).participants[participant_id].away_since is not None)


async def test_a_lost_connection_keeps_the_participant_and_shows_it(node: Node) -> None:
    ada, bob, joined = await pair(node)
    await ada.produce("microphone")
    await lost(node, ada, joined["participant_id"])
    updated = await bob.told("participant:updated")
    assert (updated["participant_id"], updated["connected"]) == (joined["participant_id"], False)
    await bob.settle()
    assert "participant:left" not in bob.names()
    assert "producer:removed" not in bob.names()
    assert "participant.disconnected" in node.record.types("daily")


async def test_who_resumes_is_who_they_were_with_all_they_held(node: Node) -> None:
    ada, bob, joined = await pair(node)
    send = await ada.transport("send")
    voice, camera = await ada.produce("microphone", send), await ada.produce("camera", send)
    heard = await ada.consume(await bob.produce("microphone"))
    await ada.ask("media:toggle", kind="audio", enabled=False)
    await ada.ask("hand:raise", raised=True)
    await lost(node, ada, joined["participant_id"])
    again = await node.connect("ada")
    back = await again.join("daily", resume_token=joined["resume_token"])
    assert back["participant_id"] == joined["participant_id"]
    assert set(back["resumed"]["transports"]) == set(room_of(node).participants[back["participant_id"]].transports)
    assert back["resumed"]["consumers"] == [heard]
    assert {p["producer_id"] for p in back["producers"]} >= {voice, camera}
    me = next(p for p in back["participants"] if p["participant_id"] == back["participant_id"])
    assert (me["audio"], me["video"], me["hand_raised"], me["connected"]) == (False, True, True, True)
    assert back["resume_token"] != joined["resume_token"]
    told = await bob.told("participant:updated", 2)
    assert told["connected"] is True
    # And the new connection has all rights of the old one.
    await again.ask("producer:close", producer_id=camera)
    await again.ask("consumer:resume", consumer_id=heard)
    types = node.record.types("daily")
    assert types.count("participant.joined") == 2
    assert types.count("conference.joined") == 3
    assert "participant.resumed" in types


async def test_what_ended_meanwhile_is_missing_from_what_lives(node: Node) -> None:
    ada, bob, joined = await pair(node)
    theirs = await bob.produce("camera")
    await ada.consume(theirs)
    await lost(node, ada, joined["participant_id"])
    await bob.ask("producer:close", producer_id=theirs)
    again = await node.connect("ada")
    back = await again.join("daily", resume_token=joined["resume_token"])
    assert back["resumed"]["consumers"] == []
    assert back["producers"] == []


async def test_a_transport_that_fails_while_its_owner_is_away_is_closed(node: Node) -> None:
    ada, bob, joined = await pair(node)
    send = await ada.transport("send")
    await ada.produce("camera", send)
    await lost(node, ada, joined["participant_id"])
    node.media.happen(TransportStateChanged("daily", send, "failed", "handshake"))
    await bob.told("producer:removed")
    again = await node.connect("ada")
    back = await again.join("daily", resume_token=joined["resume_token"])
    assert back["resumed"]["transports"] == []


async def test_hosts_act_on_those_who_are_away(node: Node) -> None:
    await node.meeting(creator_id="user-bob")
    ada, bob = await node.connect("ada"), await node.connect("bob")
    joined = await ada.join("daily")
    await bob.join("daily")
    await lost(node, ada, joined["participant_id"])
    await bob.ask("participant:remove", participant_id=joined["participant_id"])
    again = await node.connect("ada")
    back = await again.join("daily", resume_token=joined["resume_token"])
    assert back["participant_id"] != joined["participant_id"]
    assert "resumed" not in back


async def test_a_token_serves_once(node: Node) -> None:
    ada, _, joined = await pair(node)
    await lost(node, ada, joined["participant_id"])
    first, second = await node.connect("ada"), await node.connect("ada")
    await first.join("daily", resume_token=joined["resume_token"])
    assert await second.refused("room:join", meeting_id="daily", resume_token=joined["resume_token"]) == "CONFLICT"


async def test_of_two_who_resume_at_once_exactly_one_wins(node: Node) -> None:
    ada, _, joined = await pair(node)
    await lost(node, ada, joined["participant_id"])
    rivals = [await node.connect("ada") for _ in range(2)]
    asked = (rival.request("room:join", meeting_id="daily", resume_token=joined["resume_token"]) for rival in rivals)
    answers = await asyncio.gather(*asked)
    assert sorted(answer["ok"] for answer in answers) == [False, True]
    refusal = next(answer["error"] for answer in answers if not answer["ok"])
    assert refusal["code"] == "CONFLICT"
    assert len(room_of(node).participants) == 2


async def test_a_token_is_heard_again_when_its_answer_was_lost_with_the_connection(node: Node) -> None:
    ada, _, joined = await pair(node)
    await lost(node, ada, joined["participant_id"])
    for _ in range(3):
        again = await node.connect("ada")
        back = await again.join("daily", resume_token=joined["resume_token"])
        assert back["participant_id"] == joined["participant_id"]
        await lost(node, again, joined["participant_id"])
    assert len(room_of(node).participants) == 2


async def test_of_those_whose_connection_is_lost_while_they_resume_the_next_one_is_carried_on(node: Node) -> None:
    ada, _, joined = await pair(node)
    await lost(node, ada, joined["participant_id"])
    first, second = await node.connect("ada"), await node.connect("ada")
    held = asyncio.Event()
    node.record.before = held.wait
    wish = {"meeting_id": "daily", "resume_token": joined["resume_token"]}
    unheard = asyncio.ensure_future(first.request("room:join", **wish))
    participant = room_of(node).participants[joined["participant_id"]]
    await node.until(lambda: participant.successor is not None)
    before = participant.successor
    await first.lose()
    await node.until(lambda: before.lost)
    heard = asyncio.ensure_future(second.join(**wish))
    await node.until(lambda: participant.successor is not before)
    held.set()
    assert (await heard)["participant_id"] == joined["participant_id"]
    unheard.cancel()
    await second.ask("hand:raise", raised=True)
    assert len(room_of(node).participants) == 2


async def test_what_a_worker_ends_while_its_owner_comes_back_is_ended_in_signaling_too(node: Node) -> None:
    ada, _, joined = await pair(node)
    send = await ada.transport("send", sctp=True)
    channel = (await ada.ask("produce_data", transport_id=send, sctpStreamParameters={"streamId": 0}))["id"]
    await lost(node, ada, joined["participant_id"])
    again = await node.connect("ada")
    held = asyncio.Event()
    node.record.before = held.wait
    back = asyncio.ensure_future(again.join("daily", resume_token=joined["resume_token"]))
    await node.until(lambda: room_of(node).participants[joined["participant_id"]].successor is not None)
    node.media.happen(DataProducerClosed("daily", channel, "too_large"))
    held.set()
    await back
    await node.until(lambda: not room_of(node).data.producers)


async def test_what_a_worker_ended_just_before_its_owner_came_back_is_the_new_sessions_to_end(node: Node) -> None:
    ada, _, joined = await pair(node)
    send = await ada.transport("send", sctp=True)
    channel = (await ada.ask("produce_data", transport_id=send, sctpStreamParameters={"streamId": 0}))["id"]
    begun, held = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        begun.set()
        await held.wait()

    node.record.before = hold
    busy = asyncio.ensure_future(ada.request("hand:raise", raised=True))
    await begun.wait()
    node.media.happen(DataProducerClosed("daily", channel, "too_large"))
    await ada.lose()
    back = asyncio.ensure_future((await node.connect("ada")).join("daily", resume_token=joined["resume_token"]))
    await node.until(lambda: room_of(node).participants[joined["participant_id"]].successor is not None)
    held.set()
    await back
    busy.cancel()
    await node.until(lambda: not room_of(node).data.producers)


async def test_an_older_connection_that_still_stands_is_replaced_in_words(node: Node) -> None:
    ada, _, joined = await pair(node)
    newer = await node.connect("ada")
    back = await newer.join("daily", resume_token=joined["resume_token"])
    assert back["participant_id"] == joined["participant_id"]
    assert await ada.told("session:replaced") == {}
    await ada.gone.wait()
    await newer.ask("hand:raise", raised=True)
    assert node.gateway.sessions == 2


@pytest.mark.parametrize("stranger", ["bob", "eve"])
async def test_the_token_of_somebody_else_is_as_good_as_none(node: Node, stranger: str) -> None:
    ada, _, joined = await pair(node)
    await lost(node, ada, joined["participant_id"])
    other = await node.connect(stranger)
    back = await other.join("daily", resume_token=joined["resume_token"])
    assert back["participant_id"] != joined["participant_id"]
    assert "resumed" not in back
    again = await node.connect("ada")
    assert (await again.join("daily", resume_token=joined["resume_token"]))["resumed"]


async def test_the_token_of_another_room_is_as_good_as_none(node: Node) -> None:
    ada, _, joined = await pair(node)
    await node.meeting("weekly")
    await lost(node, ada, joined["participant_id"])
    again = await node.connect("ada")
    assert "resumed" not in await again.join("weekly", resume_token=joined["resume_token"])


@pytest.mark.parametrize(
    "change",
    [
        {"password_hash": "of another password"},
        {"guests_allowed": False},
        {"status": MeetingStatus.CANCELLED},
    ],
)
async def test_who_is_in_comes_back_past_the_door_whatever_is_asked_of_newcomers(
    node: Node, change: dict[str, Any]
) -> None:
    """And nobody's password is checked: hundreds come back at once after a restart."""
    await node.meeting(password_hash=await Passwords().hash("swordfish"))
    ada = await node.connect("ada", user_id="guest:ada")
    joined = await ada.join("daily", password="swordfish")
    await lost(node, ada, joined["participant_id"])
    rows = node.store.meetings.rows
    rows["daily"] = rows["daily"].model_copy(update=change)
    again = await node.connect("ada", user_id="guest:ada")
    back = await again.join("daily", resume_token=joined["resume_token"])
    assert back["participant_id"] == joined["participant_id"]
    stranger = await node.connect("eve", user_id="guest:eve")
    wish = {"meeting_id": "daily", "password": "swordfish", "resume_token": joined["resume_token"]}
    assert await stranger.refused("room:join", **wish) in {"ACCESS_DENIED", "CONFLICT"}


async def test_a_token_of_another_meeting_brings_nobody_back(node: Node) -> None:
    ada, _, joined = await pair(node)
    await lost(node, ada, joined["participant_id"])
    wish = {"meeting_id": "daily", "resume_token": joined["resume_token"]}
    for claims in ({"meeting": "weekly"}, {"grants": {"room_join": False}}):
        assert await (await node.connect("ada", **claims)).refused("room:join", **wish) == "ACCESS_DENIED"
    again = await node.connect("ada")
    assert (await again.join(**wish))["participant_id"] == joined["participant_id"], "and serves once as before"
    assert len(room_of(node).participants) == 2


@pytest.mark.parametrize("rates", [RateSettings(chat_per_s=0.01, chat_burst=3)])
async def test_a_new_connection_brings_nothing_new_to_spend(node: Node) -> None:
    ada, _, joined = await pair(node)
    for _ in range(2):
        await ada.ask("chat:send", text="Hello!")
    await lost(node, ada, joined["participant_id"])
    again = await node.connect("ada")
    # Asked before the server knows who they are here, too.
    back = asyncio.ensure_future(again.join("daily", resume_token=joined["resume_token"]))
    answers = await asyncio.gather(*(again.request("chat:send", text=f"Hello {n}!") for n in range(3)))
    assert (await back)["participant_id"] == joined["participant_id"]
    assert [answer["ok"] for answer in answers] == [True, False, False]
    refused = (await again.request("chat:send", text="Hello?"))["error"]
    assert (refused["code"], refused["retry_after"] > 0) == ("RATE_LIMITED", True)
    assert node.gateway.counters.refused["chat_rate"] == 3
    assert node.record.types("daily").count("chat.message_sent") == 3
    await again.ask("hand:raise", raised=True)


async def test_requests_that_waited_when_the_connection_was_lost_are_dropped(node: Node) -> None:
    ada, _, joined = await pair(node)
    await lost(node, ada, joined["participant_id"])
    participant = room_of(node).participants[joined["participant_id"]]
    assert participant.session.lost
    again = await node.connect("ada")
    await again.join("daily", resume_token=joined["resume_token"])
    assert not participant.session.lost


class TestImpatient:
    @pytest.fixture
    def limits(self) -> LimitSettings:
        return LimitSettings(resume_within_s=0.05)

    async def test_who_does_not_come_back_in_time_has_left(self, node: Node) -> None:
        ada, bob, joined = await pair(node)
        await ada.produce("microphone")
        await ada.lose()
        left = await bob.told("participant:left")
        assert (left["participant_id"], left["reason"]) == (joined["participant_id"], "connection_lost")
        assert "producer:removed" in bob.names()
        again = await node.connect("ada")
        assert "resumed" not in await again.join("daily", resume_token=joined["resume_token"])
        types = node.record.types("daily")
        assert types.count("participant.joined") == 3
        assert types.count("participant.left") == 1


class TestOff:
    @pytest.fixture
    def limits(self) -> LimitSettings:
        return LimitSettings(resume_within_s=0)

    async def test_nobody_is_waited_for_where_that_is_switched_off(self, node: Node) -> None:
        ada, bob, _ = await pair(node)
        await ada.lose()
        assert (await bob.told("participant:left"))["reason"] == "disconnected"


async def test_a_goodbye_leaves_at_once(node: Node) -> None:
    ada, bob, _ = await pair(node)
    await ada.socket.disconnect()
    assert (await bob.told("participant:left"))["reason"] == "disconnected"


async def test_the_last_one_who_is_lost_keeps_the_room(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    joined = await ada.join("daily")
    await lost(node, ada, joined["participant_id"])
    again = await node.connect("ada")
    assert (await again.join("daily", resume_token=joined["resume_token"]))["resumed"]
    assert node.record.types("daily").count("meeting.started") == 1


async def test_a_resume_that_cannot_be_recorded_leaves_no_ghost(node: Node) -> None:
    ada, bob, joined = await pair(node)
    await lost(node, ada, joined["participant_id"])
    node.record.failing = lambda fact: fact.type == "participant.resumed"
    again = await node.connect("ada")
    assert await again.refused("room:join", meeting_id="daily", resume_token=joined["resume_token"]) == "UNAVAILABLE"
    assert (await bob.told("participant:left"))["participant_id"] == joined["participant_id"]
    assert len(room_of(node).participants) == 1

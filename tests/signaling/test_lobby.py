"""The lobby: who waits, who decides, and what neither may learn of the other too early."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from config.settings import LimitSettings
from persistence.features import Features
from signaling.known import Known
from signaling.passwords import Passwords
from signaling.roles import Role
from tests.signaling.conftest import Client, Node


async def hosted(node: Node, **fields: Any) -> Client:
    """A meeting with a lobby, and its host in it."""
    await node.meeting(creator_id="user-ada", lobby=True, **fields)
    ada = await node.connect("ada")
    await ada.join("daily")
    return ada


async def knock(node: Node, name: str, **payload: Any) -> tuple[Client, str]:
    """Somebody who waits, and what their waiting is called."""
    client = await node.connect(name)
    answer = await client.join("daily", **payload)
    assert answer["waiting"] is True
    return client, answer["waiting_id"]


def recorded(node: Node) -> list[str]:
    return [kind for _, kind, _, _ in node.record.facts if kind.startswith("lobby.")]


async def test_who_is_not_host_waits_and_hosts_hear_of_it(node: Node) -> None:
    ada = await hosted(node)
    bob = await node.connect("bob")
    answer = await bob.join("daily", display_name="Bob")
    waiting_id = answer.pop("waiting_id")
    assert answer == {
        "waiting": True,
        "meeting_id": "daily",
        "title": "Daily",
        "position": 1,
        "host_present": True,
        "timeout_s": 600,
    }
    asked = await ada.told("lobby:asked")
    assert {**asked, "asked_at": ""} == {
        "waiting_id": waiting_id,
        "user_id": "user-bob",
        "display_name": "Bob",
        "asked_at": "",
    }
    assert (await ada.ask("lobby:list"))["waiting"] == [asked]
    assert await bob.refused("hand:raise", raised=True) == "ACCESS_DENIED"


async def test_without_an_ack_waiting_is_an_event_of_its_own(node: Node) -> None:
    await hosted(node)
    bob = await node.connect("bob")
    await bob.send("room:join", {"meeting_id": "daily"})
    assert (await bob.told("lobby:waiting"))["meeting_id"] == "daily"
    await bob.send("lobby:leave", {})
    assert await bob.told("lobby:left") == {"meeting_id": "daily"}
    await bob.settle()
    assert bob.names() == ["lobby:waiting", "lobby:left"]


async def test_whoever_is_let_in_joins_and_may_come_back_without_asking(node: Node) -> None:
    ada = await hosted(node)
    bob, waiting_id = await knock(node, "bob")
    assert await ada.ask("lobby:admit", waiting_id=waiting_id) == {"waiting_id": waiting_id}
    assert await bob.told("lobby:admitted") == {"meeting_id": "daily"}
    assert (await bob.join("daily"))["your_role"] == "participant"
    await bob.ask("room:leave")
    assert "participant_id" in await bob.join("daily")
    assert recorded(node) == ["lobby.asked", "lobby.admitted"]


async def test_whoever_was_removed_has_to_ask_again(node: Node) -> None:
    ada = await hosted(node)
    bob, waiting_id = await knock(node, "bob")
    await ada.ask("lobby:admit", waiting_id=waiting_id)
    me = (await bob.join("daily"))["participant_id"]
    await ada.ask("participant:remove", participant_id=me)
    assert (await bob.join("daily"))["waiting"] is True


async def test_whoever_is_denied_may_ask_again_unless_they_are_blocked(node: Node) -> None:
    ada = await hosted(node)
    bob, waiting_id = await knock(node, "bob")
    await ada.ask("lobby:deny", waiting_id=waiting_id)
    assert await bob.told("lobby:denied") == {"meeting_id": "daily", "reason": "denied"}
    again = (await bob.join("daily"))["waiting_id"]
    await ada.ask("lobby:deny", waiting_id=again, block=True)
    await bob.told("lobby:denied", 2)
    assert await bob.refused("room:join", meeting_id="daily") == "ACCESS_DENIED"
    assert (await ada.ask("room:blocks"))["blocked"][0]["user_id"] == "user-bob"
    assert await ada.refused("lobby:deny", waiting_id=again) == "NOT_FOUND"


async def test_of_two_hosts_one_decides_and_the_other_hears_of_it(node: Node) -> None:
    ada = await hosted(node)
    cy = await node.connect("cy", role=Role.CO_HOST)
    other = (await cy.join("daily"))["participant_id"]
    _, waiting_id = await knock(node, "bob")
    await cy.ask("lobby:admit", waiting_id=waiting_id)
    resolved = await ada.told("lobby:resolved")
    assert resolved == {"waiting_id": waiting_id, "outcome": "admitted", "by": other}
    assert await ada.refused("lobby:admit", waiting_id=waiting_id) == "NOT_FOUND"
    await cy.settle()
    assert "lobby:resolved" not in cy.names()


async def test_all_who_wait_are_let_in_at_once_also_by_switching_the_lobby_off(node: Node) -> None:
    ada = await hosted(node)
    first = [await knock(node, name) for name in ("bob", "cy")]
    assert (await ada.ask("lobby:admit_all"))["waiting_ids"] == [waiting_id for _, waiting_id in first]
    dee, _ = await knock(node, "dee")
    await ada.ask("room:lobby", enabled=False)
    for client in (*(client for client, _ in first), dee):
        await client.told("lobby:admitted")
        assert "participant_id" in await client.join("daily")
    eve = await node.connect("eve")
    assert (await eve.join("daily"))["lobby"] is False
    assert recorded(node)[-2:] == ["lobby.disabled", "lobby.admitted"]


async def test_nothing_of_the_room_reaches_those_who_wait(node: Node) -> None:
    ada = await hosted(node)
    bob, waiting_id = await knock(node, "bob")
    cy, admitted = await knock(node, "cy")
    await ada.ask("lobby:admit", waiting_id=admitted)
    await cy.join("daily", display_name="Cy")
    await ada.produce("camera")
    await cy.ask("hand:raise", raised=True)
    await ada.ask("reaction:send", reaction="👍")
    await ada.ask("room:lock", locked=True)
    await ada.ask("lobby:message", text=" Two\0 minutes. ", waiting_id=waiting_id)
    assert await bob.told("lobby:message") == {"meeting_id": "daily", "text": "Two minutes."}
    await bob.settle()
    assert set(bob.names()) <= {"lobby:message", "lobby:updated"}
    assert "ada" not in str(bob.heard).lower()
    for event, payload in (("lobby:list", {}), ("lobby:admit", {"waiting_id": waiting_id}), ("consume", {})):
        assert await bob.refused(event, **payload) == "ACCESS_DENIED"


async def test_participants_hear_nothing_of_who_waits(node: Node) -> None:
    ada = await hosted(node)
    bob, waiting_id = await knock(node, "bob")
    await ada.ask("lobby:admit", waiting_id=waiting_id)
    await bob.join("daily")
    await knock(node, "cy")
    await ada.told("lobby:asked", 2)
    await bob.settle()
    assert "lobby:asked" not in bob.names()
    assert await bob.refused("lobby:list") == "ACCESS_DENIED"


async def test_they_wait_without_a_host_and_the_host_who_comes_finds_them(node: Node) -> None:
    await node.meeting(creator_id="user-ada", lobby=True)
    bob = await node.connect("bob")
    assert (await bob.join("daily"))["host_present"] is False
    assert node.media.rooms == {}
    ada = await node.connect("ada")
    await ada.join("daily")
    assert await bob.told("lobby:updated") == {"meeting_id": "daily", "position": 1, "host_present": True}
    (waiting,) = (await ada.ask("lobby:list"))["waiting"]
    await ada.ask("lobby:admit", waiting_id=waiting["waiting_id"])
    await bob.told("lobby:admitted")
    assert "participant_id" in await bob.join("daily")


async def test_whoever_was_let_in_gets_in_though_the_host_left_meanwhile(node: Node) -> None:
    ada = await hosted(node)
    bob, waiting_id = await knock(node, "bob")
    await ada.ask("lobby:admit", waiting_id=waiting_id)
    await ada.ask("room:leave")
    assert "participant_id" in await bob.join("daily")


async def test_they_move_up_as_others_go(node: Node) -> None:
    await hosted(node)
    bob, _ = await knock(node, "bob")
    cy, _ = await knock(node, "cy")
    await bob.ask("lobby:leave")
    assert (await cy.told("lobby:updated"))["position"] == 1


async def test_who_leaves_or_loses_the_connection_waits_no_longer(node: Node) -> None:
    ada = await hosted(node)
    bob, first = await knock(node, "bob")
    cy, second = await knock(node, "cy")
    await bob.ask("lobby:leave")
    assert await bob.refused("lobby:leave") == "CONFLICT"
    assert await ada.told("lobby:resolved") == {"waiting_id": first, "outcome": "left"}
    await cy.socket.disconnect()
    assert await ada.told("lobby:resolved", 2) == {"waiting_id": second, "outcome": "left"}
    assert (await ada.ask("lobby:list"))["waiting"] == []
    assert recorded(node).count("lobby.left") == 2


async def test_asking_again_changes_nothing_and_from_elsewhere_takes_the_place(node: Node) -> None:
    ada = await hosted(node)
    bob, waiting_id = await knock(node, "bob")
    assert (await bob.join("daily"))["waiting_id"] == waiting_id
    await node.meeting("weekly", lobby=True)
    await node.meeting("open")
    for elsewhere in ("weekly", "open"):
        assert await bob.refused("room:join", meeting_id=elsewhere) == "CONFLICT"
    twin = await node.connect("twin", user_id="user-bob")
    other = (await twin.join("daily"))["waiting_id"]
    assert await bob.told("lobby:denied") == {"meeting_id": "daily", "reason": "replaced"}
    waiting = (await ada.ask("lobby:list"))["waiting"]
    assert [each["waiting_id"] for each in waiting] == [other]


async def test_a_meeting_that_closes_sends_those_away_who_wait(node: Node) -> None:
    ada = await hosted(node)
    bob, _ = await knock(node, "bob")
    await ada.ask("room:close")
    assert await bob.told("lobby:denied") == {"meeting_id": "daily", "reason": "meeting_closed"}
    assert recorded(node) == ["lobby.asked", "lobby.denied"]


async def test_whoever_asks_while_the_meeting_closes_is_refused_and_does_not_wait(node: Node) -> None:
    ada = await hosted(node)
    bob = await node.connect("bob")

    async def meanwhile() -> None:
        node.record.before = None
        await ada.ask("room:close")

    node.record.before = meanwhile
    assert await bob.refused("room:join", meeting_id="daily") == "UNAVAILABLE"
    await bob.settle()
    assert bob.names() == []
    assert (await bob.join("daily"))["position"] == 1


async def test_what_the_record_refuses_leaves_everybody_where_they_were(node: Node) -> None:
    ada = await hosted(node)
    bob, first = await knock(node, "bob")
    _, second = await knock(node, "cy")
    node.record.failing = lambda _: True
    assert await ada.refused("lobby:admit", waiting_id=first) == "UNAVAILABLE"
    assert await ada.refused("lobby:deny", waiting_id=first) == "UNAVAILABLE"
    dee = await node.connect("dee")
    assert await dee.refused("room:join", meeting_id="daily") == "UNAVAILABLE"
    node.record.failing = lambda _: False
    waiting = (await ada.ask("lobby:list"))["waiting"]
    assert [each["waiting_id"] for each in waiting] == [first, second]
    await bob.settle()
    assert "lobby:admitted" not in bob.names()


async def test_a_client_that_asks_while_it_is_being_let_in_waits_once(node: Node) -> None:
    ada = await hosted(node)
    bob, waiting_id = await knock(node, "bob")
    answers: list[dict[str, Any]] = []

    async def meanwhile() -> None:
        node.record.before = None
        answers.append(await bob.join("daily"))

    node.record.before = meanwhile
    await ada.ask("lobby:admit", waiting_id=waiting_id)
    assert answers[0]["waiting_id"] == waiting_id
    assert "participant_id" in await bob.join("daily")


async def test_password_lock_capacity_and_blocks_hold_before_and_after_the_lobby(node: Node) -> None:
    """A right password alone does not let in, nor does a host's word make a full or locked room take more."""
    hidden = await Passwords().hash("swordfish")
    await node.meeting(creator_id="user-ada", lobby=True, password_hash=hidden, max_participants=2)
    ada = await node.connect("ada")
    await ada.join("daily", password="swordfish")
    bob = await node.connect("bob")
    assert await bob.refused("room:join", meeting_id="daily") == "ACCESS_DENIED"
    assert await bob.refused("room:join", meeting_id="daily", password="carp") == "ACCESS_DENIED"
    waiting = await bob.join("daily", password="swordfish")
    await ada.ask("lobby:admit", waiting_id=waiting["waiting_id"])
    assert await bob.refused("room:join", meeting_id="daily") == "ACCESS_DENIED"
    await ada.ask("room:lock", locked=True)
    assert await bob.refused("room:join", meeting_id="daily", password="swordfish") == "ACCESS_DENIED"
    await ada.ask("room:lock", locked=False)
    await bob.join("daily", password="swordfish")
    cy, waiting_id = await knock(node, "cy", password="swordfish")
    await ada.ask("lobby:admit", waiting_id=waiting_id)
    assert await cy.refused("room:join", meeting_id="daily", password="swordfish") == "CAPACITY_EXCEEDED"
    await bob.ask("room:leave")
    assert "participant_id" in await cy.join("daily", password="swordfish")


async def test_a_block_outlives_the_room(node: Node) -> None:
    ada = await hosted(node)
    bob, waiting_id = await knock(node, "bob")
    await ada.ask("lobby:deny", waiting_id=waiting_id, block=True)
    await ada.ask("room:leave")
    await node.until(lambda: len(node.registry) == 0)
    assert await bob.refused("room:join", meeting_id="daily") == "ACCESS_DENIED"
    await ada.join("daily")
    assert await bob.refused("room:join", meeting_id="daily") == "ACCESS_DENIED"
    await ada.ask("participant:unblock", user_id="user-bob")
    assert (await bob.join("daily"))["waiting"] is True


async def test_a_meeting_begins_with_the_features_it_was_made_with(node: Node) -> None:
    ada = await node.connect("ada")
    made = await ada.ask("room:create", lobby=True, features={"chat": False})
    assert made["meeting"]["lobby"] is True
    joined = await ada.join(made["meeting"]["id"])
    assert joined["features"] == Features(chat=False).model_dump()
    assert joined["lobby"] is True
    assert await ada.refused("room:create", features={"video": False}) == "VALIDATION"


class TestLimits:
    @pytest.fixture
    def limits(self) -> LimitSettings:
        return LimitSettings(max_waiting=2, lobby_timeout_s=0.05)

    async def test_who_waits_too_long_is_sent_away(self, node: Node) -> None:
        ada = await hosted(node)
        bob, waiting_id = await knock(node, "bob")
        assert await bob.told("lobby:denied") == {"meeting_id": "daily", "reason": "timed_out"}
        assert await ada.told("lobby:resolved") == {"waiting_id": waiting_id, "outcome": "timed_out"}
        await node.until(lambda: recorded(node) == ["lobby.asked", "lobby.timed_out"])
        assert await ada.refused("lobby:admit", waiting_id=waiting_id) == "NOT_FOUND"


class TestCapacity:
    @pytest.fixture
    def limits(self) -> LimitSettings:
        return LimitSettings(max_waiting=2)

    async def test_so_many_wait_and_no_more(self, node: Node) -> None:
        ada = await hosted(node)
        _, first = await knock(node, "bob")
        await knock(node, "cy")
        dee = await node.connect("dee")
        assert await dee.refused("room:join", meeting_id="daily") == "CAPACITY_EXCEEDED"
        await ada.ask("lobby:deny", waiting_id=first)
        assert (await dee.join("daily"))["waiting"] is True

    async def test_many_who_ask_at_once_do_not_pass_the_cap(self, node: Node) -> None:
        await hosted(node)
        clients = [await node.connect(f"guest-{number}") for number in range(6)]
        answers = await asyncio.gather(*(client.request("room:join", meeting_id="daily") for client in clients))
        assert sum(answer["ok"] for answer in answers) == 2


def test_at_most_so_many_are_known_the_oldest_is_forgotten_first() -> None:
    known = Known(capacity=2)
    for name in ("ada", "bob", "ada", "cy"):
        known.add(name)
    assert [name in known for name in ("ada", "bob", "cy")] == [True, False, True]
    known.discard("ada")
    assert len(known) == 1

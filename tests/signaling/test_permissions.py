"""Role and identity come from the token and the room, and from nowhere else."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import BaseModel

from signaling.messages.catalogue import REQUESTS
from signaling.roles import PERMITTED, Role
from tests.signaling.conftest import Client, Node
from tests.signaling.test_replies import prepared

HOST_ALONE = {"room:close", "participant:set_role"}
MODERATORS = {
    "participant:mute",
    "room:mute_all",
    "participant:ask_unmute",
    "participant:stop_share",
    "hand:lower",
    "hand:lower_all",
    "participant:remove",
    "participant:block",
    "participant:unblock",
    "room:blocks",
    "participant:permit",
    "room:lock",
    "room:features",
    "room:spotlight",
    "room:lobby",
    "lobby:list",
    "lobby:admit",
    "lobby:admit_all",
    "lobby:deny",
    "lobby:message",
}
NOT_OBSERVERS = {
    "produce",
    "produce_data",
    "producer:pause",
    "producer:resume",
    "media:toggle",
    "screen:start",
    "poll:create",
}
EVERYBODY = set(Role)
UNJOINED = {"room:create", "room:join", "lobby:leave", "token:refresh"}


def spec(event: str) -> set[Role]:
    """Who may ask, said once more and apart from the table."""
    if event in HOST_ALONE:
        return {Role.HOST}
    if event in MODERATORS:
        return {Role.HOST, Role.CO_HOST}
    return EVERYBODY - {Role.OBSERVER} if event in NOT_OBSERVERS else EVERYBODY


@pytest.mark.parametrize("event", REQUESTS)
def test_the_table_says_who_may_ask(event: str) -> None:
    assert PERMITTED[event].roles == spec(event)


def moderation(target: str) -> dict[str, dict[str, Any]]:
    """A payload that would be right for each request of hosts."""
    one = {"participant_id": target}
    return {
        "participant:mute": one | {"kind": "audio"},
        "room:mute_all": {"kind": "audio"},
        "participant:ask_unmute": one | {"kind": "video"},
        "participant:stop_share": one,
        "hand:lower": one,
        "hand:lower_all": {},
        "participant:permit": one | {"can_use_chat": False},
        "room:lock": {"locked": True},
        "room:features": {"chat": False},
        "room:spotlight": {"participant_ids": [target]},
        "room:lobby": {"enabled": True},
        "lobby:list": {},
        "lobby:admit": {"waiting_id": "somebody"},
        "lobby:admit_all": {},
        "lobby:deny": {"waiting_id": "somebody"},
        "lobby:message": {"text": "Soon."},
        "room:blocks": {},
        "participant:unblock": {"user_id": "user-eve"},
        "participant:set_role": one | {"role": "observer"},
        "participant:remove": one,
        "participant:block": one,
        "room:close": {},
    }


async def busy(node: Node, **claims: Any) -> tuple[Client, str]:
    """Ada speaks, shares and raises her hand; returns somebody else with these claims, and Ada's id."""
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob", **claims)
    target = (await ada.join("daily"))["participant_id"]
    await ada.produce("microphone")
    await ada.produce("screen")
    await ada.ask("screen:start")
    await ada.ask("hand:raise", raised=True)
    await bob.join("daily")
    return bob, target


def done(node: Node) -> list[Any]:
    """What is in the record, but for what nobody was let do."""
    return [fact for fact in node.record.facts if fact[1] != "request.denied"]


@pytest.mark.parametrize("role", Role)
async def test_no_role_does_what_its_row_does_not_allow(node: Node, role: Role) -> None:
    """Case 47: role x every request of hosts. A refused one changes nothing, and that it was tried is recorded."""
    bob, target = await busy(node, role=role)
    assert moderation(target).keys() == HOST_ALONE | MODERATORS
    room = node.registry.get("daily")
    assert room is not None
    denied = [event for event in moderation(target) if role not in spec(event)]
    changes = len(done(node))
    for event in denied:
        before = room.snapshot(), len(node.media.asked)
        assert await bob.refused(event, **moderation(target)[event]) == "ACCESS_DENIED"
        assert (room.snapshot(), len(node.media.asked)) == before
        assert not room.locked
        assert room.features.chat
    await node.gateway._signaling.facts.drain()
    assert len(done(node)) == changes
    found = [fact for _, kind, _, fact in node.record.facts if kind == "request.denied"]
    assert [(fact.request, fact.user_id, fact.role) for fact in found] == [(each, "user-bob", role) for each in denied]


@pytest.mark.parametrize("role", [Role.HOST, Role.CO_HOST])
async def test_hosts_do_all_that_their_row_allows_and_each_is_in_the_record(node: Node, role: Role) -> None:
    bob, target = await busy(node, role=role)
    silent = {"room:blocks", "lobby:list", "lobby:admit", "lobby:admit_all", "lobby:deny"}
    silent |= {"participant:unblock", "participant:block", "room:close"}
    for event, payload in moderation(target).items():
        if role not in spec(event) or event in silent | {"hand:lower_all", "room:mute_all"}:
            continue
        before = len(node.record.facts)
        await bob.ask(event, **payload)
        assert len(node.record.facts) > before, event


@pytest.mark.parametrize("word", ["role", "isHost", "roomId", "user_id", "by", "__proto__"])
async def test_nothing_in_a_payload_says_who_asks(node: Node, word: str) -> None:
    """Case 48: a word about the asker, beside all that is right, is refused as any unknown field is."""
    await node.meeting(creator_id="user-ada")
    ada = await node.connect("ada")
    await ada.join("daily")
    payloads = await prepared(node, ada) | {"lobby:leave": {}}
    assert payloads.keys() == REQUESTS.keys()
    before = len(node.record.facts)
    for event, payload in payloads.items():
        if word not in REQUESTS[event].payload.model_fields:
            assert await ada.refused(event, **payload, **{word: "host"}) == "VALIDATION", event
    assert len(node.record.facts) == before


def models_in(annotation: Any) -> set[type[BaseModel]]:
    """The models that a field of this type may hold, and what they hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}.union(*(models_in(field.annotation) for field in annotation.model_fields.values()))
    return set().union(*map(models_in, get_args(annotation)))


@pytest.mark.parametrize("event", REQUESTS)
def test_no_part_of_a_request_lets_an_unknown_field_through(event: str) -> None:
    for model in models_in(REQUESTS[event].payload):
        assert model.model_config.get("extra") == "forbid", model


async def test_a_payload_cannot_make_its_sender_anybody_else(node: Node) -> None:
    bob, target = await busy(node)
    me = (await bob.ask("hand:raise", raised=True))["participant_id"]
    assert me != target
    assert await bob.refused("hand:raise", raised=False, participant_id=target) == "VALIDATION"
    assert await bob.refused("participant:set_role", participant_id=me, role="host") == "ACCESS_DENIED"
    room = node.registry.get("daily")
    assert room is not None
    assert room.participants[target].hand_raised


async def test_ids_of_another_room_are_as_unknown_to_hosts_as_ids_that_never_were(node: Node) -> None:
    """Case 53: a host's power ends at the door."""
    _, stranger = await busy(node)
    await node.meeting("weekly")
    eve = await node.connect("eve", role=Role.HOST)
    await eve.join("weekly")
    requests = moderation(stranger)
    for event in ("participant:mute", "participant:remove", "participant:block", "participant:set_role", "hand:lower"):
        assert await eve.refused(event, **requests[event]) == "NOT_FOUND"
        assert await eve.refused(event, **(requests[event] | {"participant_id": "nobody"})) == "NOT_FOUND"
    assert await eve.refused("room:spotlight", participant_ids=[stranger]) == "NOT_FOUND"


@pytest.mark.parametrize("name", ["can_share_screen", "can_use_chat", "is_presenter"])
async def test_what_a_token_withholds_no_host_can_give(node: Node, name: str) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada", role=Role.HOST), await node.connect("bob", grants={name: False})
    await ada.join("daily")
    joined = await bob.join("daily")
    mine = next(person for person in joined["participants"] if person["display_name"] == "bob")
    assert mine[name] is False
    target = {"participant_id": joined["participant_id"]}
    assert await ada.refused("participant:permit", **target, **{name: True}) == "ACCESS_DENIED"
    assert await ada.refused("participant:permit", **target) == "VALIDATION"


async def test_permissions_are_changed_while_the_meeting_goes_on(node: Node) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada", role=Role.HOST), await node.connect("bob")
    await ada.join("daily")
    me = (await bob.join("daily"))["participant_id"]
    await bob.ask("screen:start")
    given = await ada.ask("participant:permit", participant_id=me, can_share_screen=False)
    assert given == {"participant_id": me, "can_share_screen": False, "can_use_chat": True, "is_presenter": False}
    assert (await bob.told("participant:updated"))["can_share_screen"] is False
    assert (await bob.told("participant:share_stopped"))["participant_id"] == me
    assert await bob.refused("screen:start") == "ACCESS_DENIED"
    on = await bob.transport("send")
    share = {"transport_id": on, "kind": "video", "rtpParameters": {}, "source": "screen"}
    assert await bob.refused("produce", **share) == "ACCESS_DENIED"
    await ada.ask("participant:permit", participant_id=me, can_share_screen=True)
    await bob.ask("screen:start")


async def test_another_token_brings_its_own_permissions(node: Node) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada", role=Role.HOST), await node.connect("bob")
    await ada.join("daily")
    me = (await bob.join("daily"))["participant_id"]
    narrow = node.token("narrow", user_id="user-bob", grants={"can_share_screen": False})
    await bob.ask("token:refresh", token=narrow)
    assert (await ada.told("participant:updated"))["can_share_screen"] is False
    assert await bob.refused("screen:start") == "ACCESS_DENIED"
    assert await ada.refused("participant:permit", participant_id=me, can_share_screen=True) == "ACCESS_DENIED"
    await bob.ask("token:refresh", token=node.token("wide", user_id="user-bob"))
    await bob.ask("screen:start")

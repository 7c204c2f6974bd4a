"""The table of permissions says the whole truth: what it does not deny is not denied, for every request and role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from signaling.messages.catalogue import REQUESTS
from signaling.roles import MEANINGS, PERMITTED, Condition, Role
from tests.signaling.conftest import Client, Node
from tests.signaling.test_replies import prepared

PRESENTING = {Role.HOST, Role.CO_HOST, Role.PRESENTER}
BESIDES = {
    "room:create": {Condition.MAY_CREATE},
    "room:join": {Condition.MAY_JOIN},
    "token:refresh": {Condition.SAME_PERSON},
    "produce": {Condition.MAY_SEND, Condition.MAY_SHARE},
    "produce_data": {Condition.MAY_SEND},
    "consume": {Condition.MAY_RECEIVE},
    "consume_data": {Condition.MAY_RECEIVE},
    "producer:resume": {Condition.MAY_SWITCH_ON},
    "media:toggle": {Condition.MAY_SWITCH_ON},
    "screen:start": {Condition.MAY_SHARE},
    "reaction:send": {Condition.MAY_REACT},
    "participant:rename": {Condition.OWN_OR_HOST},
    "chat:send": {Condition.MAY_WRITE},
    "chat:edit": {Condition.AUTHOR, Condition.MAY_WRITE},
    "chat:delete": {Condition.OWN_OR_HOST},
    "poll:create": {Condition.PRESENTS},
    "poll:close": {Condition.OWN_OR_HOST},
    "poll:answers": {Condition.MAY_SEE},
    "participant:mute": {Condition.NOT_ABOVE},
    "participant:ask_unmute": {Condition.NOT_ABOVE},
    "participant:stop_share": {Condition.NOT_ABOVE},
    "participant:remove": {Condition.NOT_ABOVE},
    "participant:block": {Condition.NOT_ABOVE, Condition.NOT_ITS_OWN_HOST},
    "participant:set_role": {Condition.NOT_ABOVE},
    "participant:permit": {Condition.NOT_ABOVE, Condition.NOT_WITHHELD},
}
"""Said once more and apart from the table."""


@pytest.mark.parametrize("event", REQUESTS)
def test_the_table_says_what_is_asked_beyond_the_role(event: str) -> None:
    assert set(PERMITTED[event].only_if) == BESIDES.get(event, set())


def test_every_condition_is_explained_and_asked_somewhere() -> None:
    assert MEANINGS.keys() == set(Condition)
    assert {condition for row in PERMITTED.values() for condition in row.only_if} == set(Condition)


@dataclass
class AtWork:
    """Ada, who has everything that can be asked about and then was made something; Zoe, whose meeting it is; and Eli,

    who presents. `payloads` has one for every request of Ada, `ids` the participants by their names.
    """

    ada: Client
    zoe: Client
    eli: Client
    payloads: dict[str, dict[str, Any]]
    ids: dict[str, str]


async def at_work(node: Node, role: Role) -> AtWork:
    await node.meeting(creator_id="user-zoe")
    zoe, ada, eli = await node.connect("zoe"), await node.connect("ada"), await node.connect("eli", role=Role.PRESENTER)
    await zoe.join("daily")
    await eli.join("daily")
    joined = await ada.join("daily")
    await zoe.ask("participant:set_role", participant_id=joined["participant_id"], role=Role.HOST)
    payloads = await prepared(node, ada) | {"lobby:leave": {}}
    await zoe.ask("participant:set_role", participant_id=joined["participant_id"], role=role)
    assert payloads.keys() == REQUESTS.keys()
    ids = {each["display_name"]: each["participant_id"] for each in joined["participants"]}
    return AtWork(ada, zoe, eli, payloads, ids)


async def denied(client: Client, payloads: dict[str, dict[str, Any]]) -> set[str]:
    found = set()
    for event, payload in payloads.items():
        answer = await client.request(event, **payload)
        if not answer["ok"] and answer["error"]["code"] == "ACCESS_DENIED":
            found.add(event)
    return found


@pytest.mark.parametrize("role", Role)
async def test_where_all_else_holds_the_role_alone_decides(node: Node, role: Role) -> None:
    """Case 47, for every request there is."""
    work = await at_work(node, role)
    not_theirs = {event for event, row in PERMITTED.items() if role not in row.roles}
    if role not in PRESENTING:
        not_theirs |= {event for event, row in PERMITTED.items() if Condition.PRESENTS in row.only_if}
    assert await denied(work.ada, work.payloads) == not_theirs


@pytest.mark.parametrize("role", [Role.PARTICIPANT, Role.OBSERVER])
async def test_where_nothing_else_holds_all_that_has_a_condition_is_denied_and_only_that(
    node: Node, role: Role
) -> None:
    work = await at_work(node, role)
    said = (await work.eli.ask("chat:send", text="Mine."))["message_id"]
    poll = (await work.eli.ask("poll:create", type="YesNo", question="Mine?"))["poll_id"]
    nothing = ("can_publish", "can_subscribe", "room_create", "room_join", "can_share_screen", "can_use_chat")
    narrow = node.token("narrow", user_id="user-ada", grants=dict.fromkeys(nothing, False))
    await work.ada.ask("token:refresh", token=narrow)
    features = ("chat", "screen_share", "reactions", "unmute", "start_video")
    await work.zoe.ask("room:features", **dict.fromkeys(features, False))
    payloads = work.payloads | {
        "token:refresh": {"token": node.token("zoe")},
        "media:toggle": {"kind": "audio", "enabled": True},
        "participant:rename": {"participant_id": work.ids["eli"], "display_name": "E."},
        "chat:edit": {"message_id": said, "text": "Yours."},
        "chat:delete": {"message_id": said},
        "poll:close": {"poll_id": poll},
        "poll:answers": {"poll_id": poll},
    }
    assert await denied(work.ada, payloads) == {
        event for event, row in PERMITTED.items() if role not in row.roles or row.only_if
    }


@pytest.mark.parametrize("role", [Role.CO_HOST, Role.HOST])
async def test_those_above_are_left_alone_by_hosts_whom_others_made(node: Node, role: Role) -> None:
    work = await at_work(node, role)
    zoe, above = work.zoe, work.ids["zoe"]
    payloads = work.payloads | {
        event: payload | {"participant_id": above}
        for event, payload in work.payloads.items()
        if "participant_id" in payload
    }
    payloads |= {
        "participant:rename": {"participant_id": above, "display_name": "Z."},
        "chat:delete": {"message_id": (await zoe.ask("chat:send", text="Mine."))["message_id"]},
        "poll:close": {"poll_id": (await zoe.ask("poll:create", type="YesNo", question="Mine?"))["poll_id"]},
    }
    asked_of_hosts = {Condition.NOT_ABOVE, Condition.OWN_OR_HOST}
    assert await denied(work.ada, payloads) == {
        event for event, row in PERMITTED.items() if role not in row.roles or asked_of_hosts & set(row.only_if)
    }


async def test_hosts_in_their_own_right_are_blocked_by_nobody_and_tokens_have_the_last_word(node: Node) -> None:
    await node.meeting(creator_id="user-zoe")
    zoe, ada = await node.connect("zoe"), await node.connect("ada", role=Role.HOST, grants={"is_presenter": False})
    await zoe.join("daily")
    target = {"participant_id": (await ada.join("daily"))["participant_id"]}
    assert await zoe.refused("participant:block", **target) == "ACCESS_DENIED"
    assert await zoe.refused("participant:permit", **target, is_presenter=True) == "ACCESS_DENIED"
    await zoe.ask("participant:permit", **target, can_use_chat=False)

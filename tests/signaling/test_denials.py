"""Case 47: what people asked for without a right to it is in the record, and cannot fill it."""

from __future__ import annotations

from typing import Any

from signaling.denials import ALLOWANCE, Denials
from signaling.roles import Role
from tests.signaling.conftest import Node

MOST = int(ALLOWANCE.burst)


async def recorded(node: Node) -> list[tuple[str | None, Any]]:
    await node.gateway._signaling.facts.drain()
    return [(actor, fact) for _, kind, actor, fact in node.record.facts if kind == "request.denied"]


async def test_what_a_co_host_may_not_do_to_a_host_is_recorded_as_well(node: Node) -> None:
    """The row of the table lets them ask; the handler refuses."""
    await node.meeting()
    ada, bob = await node.connect("ada", role=Role.HOST), await node.connect("bob", role=Role.CO_HOST)
    target = (await ada.join("daily"))["participant_id"]
    me = (await bob.join("daily"))["participant_id"]
    assert await bob.refused("participant:remove", participant_id=target) == "ACCESS_DENIED"
    ((actor, fact),) = await recorded(node)
    assert actor == me
    assert fact.model_dump() == {"user_id": "user-bob", "request": "participant:remove", "role": "co_host"}


async def test_who_is_in_no_room_is_denied_without_a_record(node: Node) -> None:
    bob = await node.connect("bob")
    assert await bob.refused("hand:raise", raised=True) == "ACCESS_DENIED"
    assert await recorded(node) == []


async def test_what_is_wrong_and_not_denied_is_not_recorded(node: Node) -> None:
    await node.meeting()
    bob = await node.connect("bob")
    await bob.join("daily")
    assert await bob.refused("hand:raise", raised="maybe") == "VALIDATION"
    assert await bob.refused("producer:close", producer_id="none") == "NOT_FOUND"
    assert await recorded(node) == []


async def test_of_too_many_the_rest_is_counted_and_after_a_while_one_is_recorded_again(node: Node) -> None:
    await node.meeting()
    bob = await node.connect("bob")
    await bob.join("daily")
    now = 0.0
    signaling = node.gateway._signaling
    signaling._dispatch._denials = Denials(signaling.facts, lambda: now)
    for _ in range(MOST + 20):
        assert await bob.refused("room:lock", locked=True) == "ACCESS_DENIED"
    assert len(await recorded(node)) == MOST
    assert node.gateway.counters.facts_dropped["request.denied"] == 20
    now = 1 / ALLOWANCE.per_s
    for _ in range(2):
        await bob.refused("room:lock", locked=True)
    assert len(await recorded(node)) == MOST + 1
    assert node.gateway.counters.facts_dropped["request.denied"] == 21


async def test_one_who_tries_too_often_hides_nobody_else(node: Node) -> None:
    await node.meeting()
    bob, eve = await node.connect("bob"), await node.connect("eve")
    for person in (bob, eve):
        await person.join("daily")
    for _ in range(MOST + 1):
        await bob.refused("room:lock", locked=True)
    await eve.refused("room:close")
    assert [fact.request for _, fact in await recorded(node)][-1] == "room:close"

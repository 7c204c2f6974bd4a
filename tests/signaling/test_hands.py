"""The queue of raised hands."""

from __future__ import annotations

from datetime import UTC, datetime

from signaling.hands import Hands
from tests.signaling.conftest import Node

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_hands_keep_the_order_they_went_up_in() -> None:
    hands = Hands()
    for name in ("ada", "bob", "ada", "cy"):
        hands.raise_hand(name, NOON)
    hands.lower("ada")
    hands.lower("nobody")
    assert hands.order == ["bob", "cy"]
    assert (hands.position("cy"), hands.position("ada")) == (2, None)
    assert hands.raised_at("bob") == "2030-01-01T12:00:00+00:00"


async def test_a_raised_hand_has_a_place_in_the_queue_that_those_who_join_later_see(node: Node) -> None:
    await node.meeting()
    ada, bob, cy = [await node.connect(name) for name in ("ada", "bob", "cy")]
    for client in (ada, bob):
        await client.join("daily")
    assert (await bob.ask("hand:raise", raised=True))["position"] == 1
    assert (await ada.ask("hand:raise", raised=True))["position"] == 2
    assert (await bob.ask("hand:raise", raised=True))["position"] == 1
    assert (await bob.told("hand:raised"))["position"] == 2
    seen = {person["display_name"]: person for person in (await cy.join("daily"))["participants"]}
    assert [seen[name].get("hand_position") for name in ("ada", "bob", "cy")] == [2, 1, None]
    assert "hand_raised_at" in seen["bob"]


async def test_whoever_leaves_leaves_the_queue_too(node: Node) -> None:
    await node.meeting()
    ada, bob, cy = [await node.connect(name) for name in ("ada", "bob", "cy")]
    for client in (ada, bob):
        await client.join("daily")
        await client.ask("hand:raise", raised=True)
    await ada.ask("room:leave")
    seen = {person["display_name"]: person for person in (await cy.join("daily"))["participants"]}
    assert seen["bob"]["hand_position"] == 1

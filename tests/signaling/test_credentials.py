"""A token that ends while its owner is in a meeting (case 46). The node's clock is moved by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.signaling.conftest import Client, Node

SOON, AT_ITS_END, PAST_GRACE = 3600 - 60, 3600, 3600 + 60


@pytest.fixture
async def ada(node: Node) -> Client:
    await node.meeting()
    ada = await node.connect("ada", expires_at=node.now + 3600)
    await ada.join("daily")
    return ada


def later(node: Node, seconds: float) -> None:
    node.now += seconds
    node.gateway._signaling.credentials.look()


def told(client: Client) -> list[Any]:
    return [data for name, data in client.heard if name == "token:expiring"]


async def test_case_46_a_client_is_asked_for_another_token_before_and_at_the_end(node: Node, ada: Client) -> None:
    later(node, SOON - 1)
    later(node, 1)
    later(node, 30)
    await ada.settle()
    assert told(ada) == [{"expires_in": 60.0, "ends_in": 120.0}]
    later(node, 30)
    later(node, 30)
    await ada.settle()
    assert told(ada)[1:] == [{"expires_in": 0.0, "ends_in": 60.0}]
    assert not ada.gone.is_set()


async def test_case_46_without_another_token_the_connection_ends_a_minute_after_the_old_one(
    node: Node, ada: Client
) -> None:
    bob = await node.connect("bob")
    await bob.join("daily")
    later(node, PAST_GRACE)
    await ada.gone.wait()
    assert (await ada.told("token:ended")) == {"reason": "expired"}
    assert (await bob.told("participant:left"))["reason"] == "token_expired"
    assert node.gateway.counters.refused["token_expired"] == 1
    assert not bob.gone.is_set()


async def test_case_46_with_another_token_it_goes_on(node: Node, ada: Client) -> None:
    later(node, AT_ITS_END)
    again = node.token("again", user_id="user-ada", expires_at=node.now + 900)
    assert await ada.ask("token:refresh", token=again) == {"expires_in": 900.0}
    later(node, 800)
    await ada.settle()
    assert not ada.gone.is_set()
    later(node, 60)
    await ada.settle()
    assert told(ada)[-1] == {"expires_in": 40.0, "ends_in": 100.0}


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"user_id": "user-bob"}, "ACCESS_DENIED"),
        ({"user_id": "user-ada", "meeting": "another"}, "ACCESS_DENIED"),
        (None, "UNAUTHORIZED"),
    ],
)
async def test_a_token_of_somebody_else_or_for_elsewhere_is_none(
    node: Node, ada: Client, claims: dict[str, Any] | None, code: str
) -> None:
    token = node.token("other", expires_at=node.now + 9000, **claims) if claims else "forged"
    assert await ada.refused("token:refresh", token=token) == code
    later(node, PAST_GRACE)
    await ada.gone.wait()


async def test_case_46_a_revoked_token_ends_its_connections_at_the_next_look(node: Node, ada: Client) -> None:
    bob = await node.connect("bob")
    await bob.join("daily")
    node.revoked.append(node.identities["ada"])
    later(node, 1)
    await ada.gone.wait()
    assert (await ada.told("token:ended")) == {"reason": "revoked"}
    assert (await bob.told("participant:left"))["reason"] == "token_revoked"
    assert node.gateway.counters.refused["token_revoked"] == 1
    await node.until(lambda: node.gateway.sessions == 1)


async def test_who_is_asked_for_nothing_is_told_nothing(node: Node) -> None:
    """A token that never expires, as a test's or a trusted machine's may."""
    bob = await node.connect("bob")
    later(node, 10**9)
    await bob.settle()
    assert bob.heard == []

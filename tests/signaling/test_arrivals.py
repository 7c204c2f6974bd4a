"""Who comes when everybody comes: a burst, then so many a second; the rest hear when to come back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from config.rates import RateSettings
from signaling.counters import Counters
from signaling.errors import ErrorCode, SignalingError
from signaling.passwords import Passwords
from signaling.rates.arrivals import MOST_WAIT_S, Arrivals
from signaling.roles import Role
from tests.signaling.conftest import Client, Node


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def wait_s(arrivals: Arrivals) -> float:
    """0 for somebody who is let in."""
    try:
        arrivals.admit()
    except SignalingError as error:
        return error.retry_after if error.code is ErrorCode.UNAVAILABLE and error.retry_after else -1.0
    return 0.0


def test_whoever_is_sent_away_is_told_a_time_of_their_own_and_is_let_in_then() -> None:
    clock, counters = Clock(), Counters()
    arrivals = Arrivals(RateSettings(arrivals_per_s=10, arrivals_burst=5), counters, clock)
    waits = [wait_s(arrivals) for _ in range(25)]
    assert waits[:5] == [0.0] * 5
    assert waits[5:] == pytest.approx([0.1 * place for place in range(1, 21)], abs=0.002)
    assert counters.refused["arrivals"] == 20
    began = clock.now
    for wait in waits[5:]:
        clock.now = began + wait
        assert wait_s(arrivals) == 0


def test_nobody_is_told_to_wait_for_ever() -> None:
    arrivals = Arrivals(RateSettings(arrivals_per_s=1, arrivals_burst=1), Counters(), Clock())
    assert max(wait_s(arrivals) for _ in range(1000)) == MOST_WAIT_S


def test_a_queue_that_is_over_is_forgotten() -> None:
    clock = Clock()
    arrivals = Arrivals(RateSettings(arrivals_per_s=10, arrivals_burst=1), Counters(), clock)
    for _ in range(50):
        wait_s(arrivals)
    clock.now += 60
    assert [wait_s(arrivals) for _ in range(2)] == pytest.approx([0.0, 0.1], abs=0.002)


def test_without_limits_everybody_comes() -> None:
    arrivals = Arrivals(RateSettings(enabled=False, arrivals_burst=1), Counters(), Clock())
    assert [wait_s(arrivals) for _ in range(10)] == [0.0] * 10


@pytest.mark.parametrize("rates", [RateSettings(arrivals_per_s=0.01, arrivals_burst=3)])
async def test_those_who_are_in_and_those_who_come_back_do_not_notice(node: Node) -> None:
    await node.meeting()
    inside = [await node.connect(name) for name in ("ada", "bob", "cy")]
    joined = [await client.join("daily") for client in inside]
    crowd: list[Client] = [await node.connect(f"guest{n}") for n in range(10)]
    answers = await asyncio.gather(*(client.request("room:join", meeting_id="daily") for client in crowd))
    assert {answer["error"]["code"] for answer in answers} == {"UNAVAILABLE"}
    assert all(answer["error"]["retry_after"] > 0 for answer in answers)

    assert (await inside[1].ask("hand:raise", raised=True))["raised"] is True
    await inside[0].lose()
    await inside[1].told("participant:updated")
    again = await node.connect("ada")
    back = await again.join("daily", resume_token=joined[0]["resume_token"])
    assert back["participant_id"] == joined[0]["participant_id"]
    # A word that resumes nothing opens no other door.
    answer = await crowd[0].request("room:join", meeting_id="daily", resume_token="made up")
    assert answer["error"]["code"] == "UNAVAILABLE"


def knocks(arrivals: Arrivals, user_id: str, times: int) -> list[bool]:
    """For each whether it was heard."""
    heard = []
    for _ in range(times):
        try:
            arrivals.knock(user_id)
        except SignalingError as error:
            heard.append(not (error.code is ErrorCode.RATE_LIMITED and error.retry_after))
        else:
            heard.append(True)
    return heard


def test_no_user_has_more_than_a_share() -> None:
    clock, counters = Clock(), Counters()
    arrivals = Arrivals(RateSettings(), counters, clock)
    assert knocks(arrivals, "eve", 60) == [True] * 50 + [False] * 10
    assert knocks(arrivals, "ada", 1) == [True]
    assert counters.refused == {"arrivals_of_user": 10}
    clock.now += 1
    assert knocks(arrivals, "eve", 7) == [True] * 5 + [False] * 2


@pytest.mark.parametrize("rates", [RateSettings(arrivals_per_s=0.01, arrivals_burst=5, user_arrivals_burst=1000)])
async def test_who_is_refused_takes_no_place_from_those_who_get_in(node: Node) -> None:
    """Six hundred times, for each reason there is."""
    await node.meeting(creator_id="user-ada", password_hash=await Passwords().hash("swordfish"))
    await node.meeting("full", max_participants=1)
    await node.meeting("locked")
    await node.meeting("closed", guests_allowed=False)
    inside = [await node.connect(name, role=Role.HOST) for name in ("bob", "cy")]
    await inside[0].join("full")
    await inside[1].join("locked")
    await inside[1].ask("room:lock", locked=True)
    reasons: list[tuple[str, str, dict[str, Any]]] = [
        ("nowhere", "NOT_FOUND", {}),
        ("daily", "ACCESS_DENIED", {}),
        ("full", "CAPACITY_EXCEEDED", {}),
        ("locked", "ACCESS_DENIED", {}),
        ("closed", "ACCESS_DENIED", {"user_id": "guest:eve"}),
        ("elsewhere", "ACCESS_DENIED", {"meeting": "daily"}),
    ]
    for meeting_id, code, claims in reasons * 2:
        eve = await node.connect("eve", **claims)
        answers = [await eve.request("room:join", meeting_id=meeting_id) for _ in range(50)]
        assert {answer["error"]["code"] for answer in answers} == {code}
    for name in ("ada", "dee", "eli"):
        await (await node.connect(name)).join("daily", password="swordfish")


@pytest.mark.parametrize("rates", [RateSettings(arrivals_per_s=0.01, arrivals_burst=5, user_arrivals_burst=3)])
async def test_who_comes_and_goes_takes_no_more_than_their_share(node: Node) -> None:
    await node.meeting()
    codes = []
    for _ in range(6):
        eve = await node.connect("eve")
        answer = await eve.request("room:join", meeting_id="daily")
        codes.append("ok" if answer["ok"] else answer["error"]["code"])
        await eve.socket.disconnect()
    assert codes == ["ok"] * 3 + ["RATE_LIMITED"] * 3
    await (await node.connect("ada")).join("daily")
    await (await node.connect("bob")).join("daily")
    assert node.gateway.counters.refused["arrivals_of_user"] == 3


@pytest.mark.parametrize("rates", [RateSettings(arrivals_per_s=0.01, arrivals_burst=2)])
async def test_whoever_makes_the_meeting_they_join_is_counted_once(node: Node) -> None:
    for name in ("ada", "bob"):
        await (await node.connect(name, meeting=name, grants={"room_create": True})).join(name)
    cy = await node.connect("cy", meeting="cy", grants={"room_create": True})
    assert (await cy.request("room:join", meeting_id="cy"))["error"]["code"] == "UNAVAILABLE"
    assert "cy" not in node.store.meetings.rows, "nothing is made for who does not get in"

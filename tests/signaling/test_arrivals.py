"""Who comes when everybody comes: a burst, then so many a second; the rest hear when to come back."""

from __future__ import annotations

import asyncio

import pytest

from config.rates import RateSettings
from signaling.counters import Counters
from signaling.errors import ErrorCode, SignalingError
from signaling.rates.arrivals import MOST_WAIT_S, Arrivals
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

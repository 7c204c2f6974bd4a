"""How often one may ask: the law of a bucket, what shares one, and what somebody is told who is too fast."""

from __future__ import annotations

from collections import Counter
from typing import Any

import aiohttp
import pytest
import socketio
from hypothesis import given
from hypothesis import strategies as st

from config.rates import RateSettings
from signaling.counters import Counters
from signaling.errors import ErrorCode, FloodError, SignalingError
from signaling.messages.catalogue import NAMESPACE, REQUESTS
from signaling.rates.addresses import MAX_SHUT_OUT, Addresses
from signaling.rates.bucket import Allowance, Bucket
from signaling.rates.kind import RequestRate, rate_of
from signaling.rates.quota import MemoryQuotas, Quota, address_key
from signaling.rates.throttle import REFUSALS, Allowances, Throttle
from tests.signaling.conftest import Node

TIGHT = RateSettings(requests_per_s=1, requests_burst=3, chat_per_s=1, chat_burst=1)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(
    per_s=st.floats(0.01, 1000),
    burst=st.integers(1, 100),
    steps=st.lists(st.floats(0, 10), max_size=200),
)
def test_a_bucket_never_lets_more_through_than_its_burst_and_its_rate(
    per_s: float, burst: int, steps: list[float]
) -> None:
    now, taken = 0.0, 0
    bucket = Bucket(Allowance(per_s, burst), now)
    for step in steps:
        now += step
        taken += bucket.take(now) == 0
        assert taken <= burst + per_s * now + 1e-6


@given(per_s=st.floats(0.01, 1000), burst=st.integers(1, 20), before=st.integers(0, 40))
def test_whoever_waits_as_long_as_told_is_let_through(per_s: float, burst: int, before: int) -> None:
    bucket = Bucket(Allowance(per_s, burst), 0.0)
    for _ in range(before):
        bucket.take(0.0)
    wait = bucket.take(0.0)
    assert (wait > 0) == (before >= burst)
    assert not wait or bucket.take(wait + 1e-6) == 0


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = Bucket(Allowance(1, 1), 100.0)
    assert bucket.take(100.0) == 0
    assert bucket.take(50.0) > 0
    assert bucket.take(100.5) > 0
    assert bucket.take(101.1) == 0


def test_every_request_has_a_bucket_and_what_is_none_has_the_ordinary_one() -> None:
    assert {rate_of(event) for event in REQUESTS} <= set(RequestRate)
    assert rate_of("room:create") is RequestRate.CREATION
    assert rate_of("room:join") is RequestRate.JOIN
    assert rate_of("consumer:resume") is RequestRate.MEDIA
    assert rate_of("hand:raise") is rate_of("consumer:explode") is rate_of("") is RequestRate.REQUEST


def test_one_kind_of_request_does_not_use_up_another() -> None:
    clock, counters = Clock(), Counters()
    throttle = Throttle(Allowances.of(TIGHT), clock, counters)
    for _ in range(3):
        throttle.admit("hand:raise")
    with pytest.raises(SignalingError) as refused:
        throttle.admit("no:such:request")
    assert (refused.value.code, refused.value.retry_after) == (ErrorCode.RATE_LIMITED, 1.0)
    throttle.admit("consume")
    clock.now += 1
    throttle.admit("hand:raise")
    assert counters.refused == {"request_rate": 1}
    assert counters.requests["unknown", "RATE_LIMITED"] == 1


def test_whoever_asks_on_regardless_is_hung_up_on_after_so_many_answers() -> None:
    throttle = Throttle(Allowances.of(TIGHT), Clock(), counters := Counters())
    refusals: Counter[type] = Counter()
    for _ in range(20_000):
        try:
            throttle.admit("hand:raise")
        except (SignalingError, FloodError) as refusal:
            refusals[type(refusal)] += 1
            if isinstance(refusal, FloodError):
                break
    assert refusals == {SignalingError: REFUSALS.burst, FloodError: 1}
    assert counters.refused["flooding"] == 1


def test_a_server_without_limits_has_none() -> None:
    throttle = Throttle(Allowances.of(RateSettings(enabled=False)), Clock(), Counters())
    for _ in range(10_000):
        throttle.admit("hand:raise")


@pytest.mark.parametrize("rates", [TIGHT])
async def test_each_request_too_many_is_answered_once_with_when_to_try_again(node: Node) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob")
    answers = [await ada.request("hand:raise", raised=True) for _ in range(5)]
    assert [answer["error"]["code"] for answer in answers] == ["ACCESS_DENIED"] * 3 + ["RATE_LIMITED"] * 2
    assert 0 < answers[-1]["error"]["retry_after"] <= 1
    assert await bob.refused("hand:raise", raised=True) == "ACCESS_DENIED", "others have their own"
    assert node.gateway.counters.refused["request_rate"] == 2
    await ada.send("hand:raise", {"raised": True})
    assert (await ada.told("error"))["retry_after"] > 0


async def test_five_thousand_requests_at_once_are_limited_and_all_answered_and_disturb_nobody(node: Node) -> None:
    """Case 56."""
    await node.meeting()
    ada, eve = await node.connect("ada"), await node.connect("eve")
    await ada.join("daily")
    await eve.join("daily")
    codes: list[str] = []

    def answered(answer: dict[str, Any]) -> None:
        codes.append("ok" if answer["ok"] else answer["error"]["code"])

    for _ in range(5000):
        await eve.socket.emit("hand:raise", {"raised": True}, namespace=NAMESPACE, callback=answered)
    assert (await ada.request("hand:raise", raised=True))["ok"]
    await node.until(lambda: len(codes) == 5000)
    assert set(codes) == {"ok", "RATE_LIMITED"}
    assert codes.count("ok") < 2000
    assert not eve.gone.is_set()


@pytest.mark.parametrize("rates", [RateSettings(creations_per_15_min=3)])
async def test_more_connections_make_no_more_meetings(node: Node) -> None:
    one, two = await node.connect("ada"), await node.connect("ada")
    codes = [(await client.request("room:create"))["ok"] for client in (one, two, one)]
    assert codes == [True] * 3
    refused = (await two.request("room:create"))["error"]
    assert (refused["code"], refused["retry_after"] > 0) == ("RATE_LIMITED", True)
    bob = await node.connect("bob")
    assert (await bob.request("room:create"))["ok"]
    assert node.gateway.counters.refused["creations_of_user"] == 1


async def test_a_quota_is_counted_for_each_key_and_comes_back_with_time() -> None:
    clock = Clock()
    quotas, ten_a_minute = MemoryQuotas(clock), Quota("tries", 10, 60)
    assert [await quotas.spend(ten_a_minute, "ada") > 0 for _ in range(11)] == [False] * 10 + [True]
    assert await quotas.spend(ten_a_minute, "bob") == 0
    assert await quotas.spend(Quota("others", 10, 60), "ada") == 0
    clock.now += await quotas.spend(ten_a_minute, "ada") + 0.001
    assert await quotas.spend(ten_a_minute, "ada") == 0


async def test_only_so_many_keys_are_remembered_the_latest_ones() -> None:
    quotas, once = MemoryQuotas(Clock(), most=3), Quota("tries", 1, 3600)
    for key in ("a", "b", "c", "a", "d"):
        await quotas.spend(once, key)
    assert quotas.known == 3
    assert await quotas.spend(once, "a") > 0
    assert await quotas.spend(once, "b") == 0


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("a unix socket", "unknown"),
    ],
)
def test_an_address_is_counted_as_its_owner_could_not_change_it(address: str, key: str) -> None:
    assert address_key(address) == key


async def test_an_address_is_shut_out_for_a_while_after_too_many_bad_tokens() -> None:
    clock, refused = Clock(), Counters()
    door = Addresses(RateSettings(), MemoryQuotas(clock), clock=clock, refused=refused.refuse)
    for _ in range(1000):
        await door.failed("192.0.2.7")
        assert door.wait_s("192.0.2.7") == 0
    await door.failed("192.0.2.7")
    assert door.wait_s("192.0.2.7") == 60
    assert door.wait_s("192.0.2.8") == 0
    clock.now += 61
    assert door.wait_s("192.0.2.7") == 0
    assert refused.refused == {"shut_out": 1}


async def test_only_so_many_addresses_are_remembered_as_shut_out() -> None:
    clock = Clock()
    door = Addresses(RateSettings(failures_per_min=1), MemoryQuotas(clock), clock=clock, refused=Counters().refuse)
    addresses = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(MAX_SHUT_OUT + 1)]
    for address in addresses:
        await door.failed(address)
        await door.failed(address)
    assert door.wait_s(addresses[0]) == 0
    assert door.wait_s(addresses[1]) > 0
    assert door.wait_s(addresses[-1]) > 0


@pytest.mark.parametrize("rates", [RateSettings(failures_per_min=20)])
async def test_case_43_who_keeps_guessing_tokens_is_refused_at_the_door(node: Node) -> None:
    ada = await node.connect("ada")
    for _ in range(21):
        with pytest.raises(socketio.exceptions.ConnectionError):
            await node.client().connect("a guess")
    async with aiohttp.ClientSession() as session:
        answer = await session.get(f"{node.url}/socket.io/?EIO=4&transport=polling")
        assert answer.status == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert (await answer.json())["error"]["code"] == "RATE_LIMITED"
    with pytest.raises(socketio.exceptions.ConnectionError):
        await node.connect("ada")
    assert node.gateway.counters.refused["unauthorized"] == 21
    assert node.gateway.counters.refused["shut_out"] == 2
    assert node.gateway.sessions == 1
    assert await ada.refused("no:such") == "NOT_FOUND", "who was in already is heard"


@pytest.mark.parametrize("rates", [RateSettings(connections_per_address=3)])
async def test_connections_of_one_address_are_limited_however_good_their_tokens(node: Node) -> None:
    people = [await node.connect(name) for name in ("ada", "bob", "eve")]
    with pytest.raises(socketio.exceptions.ConnectionError):
        await node.connect("mallory")
    await people[0].socket.disconnect()
    await node.until(lambda: node.gateway.sessions == 2)
    await node.connect("mallory")
    assert node.gateway.counters.refused["too_many_connections"] == 1

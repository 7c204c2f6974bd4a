"""A meeting's password is not found by trying, over however many connections, and trying keeps nobody else out."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from argon2 import PasswordHasher

from config.rates import RateSettings
from signaling.counters import Counters
from signaling.errors import ErrorCode, SignalingError
from signaling.passwords import AT_ONCE, Passwords
from signaling.rates.password_tries import PasswordTries, TriesOf
from signaling.rates.quota import MemoryQuotas
from tests.signaling.conftest import Client, Node

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RIGHT, WRONG = "swordfish", "carp"


async def guarded(node: Node, meeting_id: str = "daily", **fields: Any) -> None:
    await node.meeting(meeting_id, password_hash=await Passwords(QUICK).hash(RIGHT), **fields)


async def trying(client: Client, password: str = WRONG, meeting_id: str = "daily", **payload: Any) -> dict[str, Any]:
    answer = await client.request("room:join", meeting_id=meeting_id, password=password, **payload)
    return {"code": "ok"} if answer["ok"] else answer["error"]


@pytest.mark.parametrize("rates", [RateSettings(password_tries_per_min=3)])
@pytest.mark.parametrize("resuming", [{}, {"resume_token": "made up"}])
async def test_more_connections_are_no_more_tries(node: Node, resuming: dict[str, str]) -> None:
    await guarded(node)
    answers = [await trying(await node.connect("eve"), **resuming) for _ in range(5)]
    assert [answer["code"] for answer in answers] == ["ACCESS_DENIED"] * 3 + ["RATE_LIMITED"] * 2
    assert 0 < answers[-1]["retry_after"] <= 60
    assert (await trying(await node.connect("eve"), RIGHT))["code"] == "RATE_LIMITED", "or one could go on guessing"
    assert (await trying(await node.connect("bob"), RIGHT))["code"] == "ok"
    assert node.gateway.counters.refused["password_tries_of_user"] == 3


@pytest.mark.parametrize("rates", [RateSettings(password_tries_per_address=3)])
async def test_more_users_behind_one_address_are_no_more_tries_at_one_meeting(node: Node) -> None:
    await guarded(node, creator_id="user-ada")
    await guarded(node, "weekly")
    codes = [(await trying(await node.connect(f"guest{n}")))["code"] for n in range(5)]
    assert codes == ["ACCESS_DENIED"] * 3 + ["RATE_LIMITED"] * 2
    assert node.gateway.counters.refused["password_tries_of_address"] == 2
    assert (await trying(await node.connect("bob"), RIGHT, "weekly"))["code"] == "ok", (
        "another door is not closed by it"
    )
    await (await node.connect("ada")).join("daily")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))) as elsewhere:
        bob = node.client()
        bob.socket.eio.http, bob.socket.eio.external_http = elsewhere, True
        await bob.connect(node.token("bob"))
        assert (await trying(bob, RIGHT))["code"] == "ok", "nor to people elsewhere"
        await bob.socket.disconnect()


def tries(quotas: MemoryQuotas, counters: Counters, **rates: Any) -> PasswordTries:
    return PasswordTries(RateSettings(**rates), quotas, counters)


async def refused(tried: TriesOf) -> bool:
    try:
        await tried.check()
    except SignalingError as error:
        return error.code is ErrorCode.RATE_LIMITED and bool(error.retry_after)
    return False


async def test_more_addresses_are_no_more_tries_at_one_meeting_than_everybody_has() -> None:
    now, counters = 0.0, Counters()
    counted = tries(MemoryQuotas(lambda: now), counters)
    for n in range(600):
        one = counted.of(f"guest{n}", f"10.0.{n >> 8}.{n & 255}", "daily")
        assert not await refused(one)
        await one.spend()
    assert await refused(counted.of("ada", "192.0.2.7", "daily"))
    assert not await refused(counted.of("ada", "192.0.2.7", "weekly"))
    assert counters.refused == {"password_tries_of_meeting": 1}
    now += 0.2
    assert not await refused(counted.of("ada", "192.0.2.7", "daily")), "who has the password waits no second"


async def test_tries_are_a_users_at_all_meetings_and_an_addresss_at_one() -> None:
    counted = tries(MemoryQuotas(lambda: 0.0), Counters(), password_tries_per_min=2, password_tries_per_address=4)
    for meeting in ("one", "two"):
        await counted.of("eve", "2001:db8::1", meeting).spend()
    assert await refused(counted.of("eve", "192.0.2.7", "three"))
    for n in range(3):
        await counted.of(f"guest{n}", f"2001:db8::{n}", "one").spend()
    assert await refused(counted.of("ada", "2001:db8::ffff", "one")), "addresses of one network are one's own to choose"
    assert not await refused(counted.of("ada", "2001:db8:0:1::1", "one"))
    assert not await refused(counted.of("ada", "2001:db8::ffff", "two"))


@pytest.mark.parametrize("rates", [RateSettings(password_tries_per_min=1, password_tries_per_meeting=1)])
async def test_who_knows_the_password_uses_up_nothing_and_who_says_none_neither(node: Node) -> None:
    await guarded(node)
    ada = await node.connect("ada")
    for _ in range(5):
        assert await ada.refused("room:join", meeting_id="daily") == "ACCESS_DENIED"
        await ada.join("daily", password=RIGHT)
        await ada.ask("room:leave")


@pytest.mark.parametrize("rates", [RateSettings(enabled=False, password_tries_per_min=1)])
async def test_a_server_without_limits_lets_people_guess(node: Node) -> None:
    await guarded(node)
    eve = await node.connect("eve")
    assert {(await trying(eve))["code"] for _ in range(5)} == {"ACCESS_DENIED"}


class Looking(PasswordHasher):
    """Knows how many passwords it was shown."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.seen = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 - the library's name
        self.seen += 1
        return super().verify(hash, password)


async def test_of_many_tries_at_once_only_so_many_are_looked_at() -> None:
    hasher = Looking()
    passwords, hidden = Passwords(hasher), await Passwords(QUICK).hash(RIGHT)
    counted = tries(MemoryQuotas(lambda: 0.0), Counters(), password_tries_per_min=5)
    asked = (passwords.verify(hidden, WRONG, counted.of("eve", "192.0.2.7", "daily")) for _ in range(100))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert 5 <= hasher.seen < 5 + AT_ONCE
    assert answers.count(False) == hasher.seen
    assert sum(isinstance(answer, SignalingError) for answer in answers) == 100 - hasher.seen

"""Limits of HTTP: by user, by address and by account, with when to come back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from config.rates import RateSettings
from server.api.contract import Access, Answer, Body, Call, Rate, Route
from server.api.dispatch import ApiDispatch
from server.api.limits import HttpLimits
from server.client_address import TrustedProxies
from server.identity import TokenAuthority
from server.tokens.authenticator import Authenticator
from signaling.rates.quota import MemoryQuotas

NOW = 1_800_000_000.0
RATES = RateSettings(
    http_creations_per_15_min=3, http_creations_per_address=5, http_strict_per_min=2, http_reports_per_min=2
)


class NothingRevoked:
    def holds(self, _token_ids: object) -> bool:
        return False


class Account(Body):
    email: str


class Seen(Answer):
    address: str
    secure: bool
    same_origin: bool


async def seen(call: Call) -> Seen:
    return Seen(address=call.sender.address, secure=call.sender.secure, same_origin=call.sender.same_origin)


ROUTES = [
    Route("POST", "/api/things", "Make", seen, Seen, rate=Rate.CREATION),
    Route("POST", "/api/door", "Enter", seen, Seen, Access.PUBLIC, body=Account, rate=Rate.STRICT, subject=str),
    Route("POST", "/api/reports", "Tell", seen, Seen, rate=Rate.REPORT),
    Route("GET", "/api/free", "Look", seen, Seen, Access.PUBLIC),
]


class World:
    def __init__(self) -> None:
        self.now = NOW
        self.authority = TokenAuthority("a secret of more than thirty-two bytes", now=lambda: NOW)
        self.limits = HttpLimits(RATES, MemoryQuotas(lambda: self.now))
        app = web.Application(middlewares=[TrustedProxies(["127.0.0.1", "10.0.0.0/8"]).middleware])
        authenticator = Authenticator(self.authority, revoked=NothingRevoked())
        ApiDispatch(authenticator, self.limits, origins=["https://public.example.org"]).mount(app, ROUTES)
        self.client: TestClient[Any, Any] = TestClient(TestServer(app))

    async def make(self, user: str, address: str = "192.0.2.1") -> Any:
        headers = {"Authorization": f"Bearer {self.authority.issue(user, ttl_s=60)}", "X-Forwarded-For": address}
        return await self.client.post("/api/things", headers=headers)

    async def enter(self, email: str, address: str) -> int:
        headers = {"X-Forwarded-For": address}
        return int((await self.client.post("/api/door", json={"email": email}, headers=headers)).status)


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    async with world.client:
        yield world


async def test_a_user_who_makes_too_much_is_told_when_to_come_back(world: World) -> None:
    assert [(await world.make("ada")).status for _ in range(3)] == [200] * 3
    refused = await world.make("ada")
    error = (await refused.json())["error"]
    assert (refused.status, error["code"]) == (429, "RATE_LIMITED")
    assert refused.headers["Retry-After"] == str(error["retry_after"]) == "300"
    assert (await world.make("ada", address="192.0.2.2")).status == 429, "a user is the same from anywhere"
    assert (await world.make("bob", address="192.0.2.2")).status == 200
    world.now += 300.1
    assert (await world.make("ada")).status == 200
    assert world.limits.refused == {"creation_user": 2}


async def test_many_users_behind_one_address_share_its_larger_allowance(world: World) -> None:
    statuses = [(await world.make(f"user{n}")).status for n in range(6)]
    assert statuses == [200] * 5 + [429]
    assert world.limits.refused == {"creation_address": 1}


async def test_an_account_is_tried_so_often_from_however_many_addresses(world: World) -> None:
    assert [await world.enter("ada@example.org", f"192.0.2.{n}") for n in range(3)] == [200, 200, 429]
    assert await world.enter("bob@example.org", "192.0.2.3") == 200
    assert world.limits.refused == {"strict_subject": 1}


async def test_an_address_tries_so_many_accounts_and_no_more(world: World) -> None:
    assert [await world.enter(f"{n}@example.org", "192.0.2.1") for n in range(3)] == [200, 200, 429]


async def test_people_report_so_much_a_minute_and_operators_as_they_need(world: World) -> None:
    async def report(user: str, **claims: Any) -> int:
        token = world.authority.issue(user, ttl_s=60, **claims)
        return int((await world.client.post("/api/reports", headers={"Authorization": f"Bearer {token}"})).status)

    assert [await report("ada") for _ in range(3)] == [200, 200, 429]
    assert {await report("importer", operator=True) for _ in range(20)} == {200}
    assert world.limits.refused == {"report_user": 1}


async def test_what_costs_nothing_is_not_limited(world: World) -> None:
    assert {(await world.client.get("/api/free")).status for _ in range(50)} == {200}


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.9", ["203.0.113.1"], "192.0.2.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.1"], "203.0.113.1"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.1"], "203.0.113.1"),
        ("10.0.0.1", ["198.51.100.1", "203.0.113.1, 10.0.0.2"], "203.0.113.1"),
        ("::ffff:10.0.0.1", ["203.0.113.1"], "203.0.113.1"),
        ("10.0.0.1", ["203.0.113.1, rubbish"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("", ["203.0.113.1"], ""),
    ],
)
def test_case_63_only_known_proxies_may_say_whose_request_it_is(peer: str, forwarded: list[str], client: str) -> None:
    assert TrustedProxies(["10.0.0.0/8"]).client(peer, forwarded) == client


@pytest.mark.parametrize(("proto", "secure"), [("https", True), ("http", False), ("gopher", False), (None, False)])
async def test_a_known_proxy_says_whether_tls_ended_there(world: World, proto: str | None, secure: bool) -> None:
    headers = {"X-Forwarded-Proto": proto} if proto else {}
    assert (await (await world.client.get("/api/free", headers=headers)).json())["secure"] is secure


@pytest.mark.parametrize(
    ("origin", "same"),
    [("https://meet.example.org", True), ("https://public.example.org", True), ("https://evil.example.com", False)],
)
async def test_our_pages_are_those_of_the_host_that_was_asked_and_the_configured(
    world: World, origin: str, same: bool
) -> None:
    headers = {"Origin": origin, "Host": "meet.example.org"}
    assert (await (await world.client.get("/api/free", headers=headers)).json())["same_origin"] is same


async def test_without_known_proxies_a_forwarded_address_is_a_claim_like_any_other() -> None:
    app = web.Application(middlewares=[TrustedProxies([]).middleware])
    authenticator = Authenticator(
        TokenAuthority("a secret of more than thirty-two bytes", now=lambda: NOW), revoked=NothingRevoked()
    )
    ApiDispatch(authenticator, HttpLimits(RATES, MemoryQuotas(lambda: NOW))).mount(app, ROUTES)
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/api/free", headers={"X-Forwarded-For": "203.0.113.1", "X-Real-IP": "203.0.113.1"})
        assert (await answer.json())["address"] == "127.0.0.1"

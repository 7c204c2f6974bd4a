"""Signing up, in and out, over HTTP, on a real database."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from config.settings import AuthSettings
from persistence.store import Store
from server.accounts.accounts import Accounts
from server.api.accounts import REFRESH_COOKIE, AccountsApi
from server.api.dispatch import ApiDispatch
from server.identity import TokenAuthority
from server.tokens.authenticator import Authenticator
from server.tokens.revocations import Revocations
from signaling.passwords import Passwords, Tries
from tests.support.unlimited import unlimited

NOW = 1_800_000_000.0
ADA = {"email": "Ada@Example.org", "password": "correct horse battery", "display_name": "Ada"}
LOGIN = {"email": "ada@example.org", "password": "correct horse battery"}


class World:
    """A server of accounts and nothing else, with a clock that stands still until it is moved."""

    def __init__(self, store: Store, settings: AuthSettings) -> None:
        self.now = NOW
        self.authority = authority = TokenAuthority("a secret of more than thirty-two bytes", now=lambda: self.now)
        self.revocations = Revocations(store.revoked_tokens, now=lambda: self.now)
        self.checked: list[str] = []
        self.accounts = Accounts(
            users=store.users,
            sign_ins=store.sign_ins,
            revocations=self.revocations,
            authority=authority,
            passwords=WatchedPasswords(self.checked),
            settings=settings,
        )
        app = web.Application()
        ApiDispatch(Authenticator(authority, revoked=self.revocations), unlimited()).mount(
            app, AccountsApi(self.accounts, refresh_ttl_s=settings.refresh_ttl_s).routes()
        )
        self.client: TestClient[Any, Any] = TestClient(TestServer(app))

    async def post(self, path: str, token: str | None = None, origin: str | None = None, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if origin is not None:
            headers["Origin"] = origin
        return await self.client.post(f"/api/auth/{path}", json=body, headers=headers)

    async def ok(self, path: str, token: str | None = None, **body: Any) -> Any:
        answer = await self.post(path, token, **body)
        assert answer.status in (200, 201), await answer.text()
        return await answer.json()

    async def refused(self, path: str, token: str | None = None, **body: Any) -> tuple[int, str]:
        answer = await self.post(path, token, **body)
        error = (await answer.json())["error"]
        return answer.status, error["code"]

    async def me(self, token: str) -> Any:
        answer = await self.client.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})
        return answer.status, await answer.json()

    def own_origin(self) -> str:
        return f"http://{self.client.host}:{self.client.port}"


class WatchedPasswords(Passwords):
    """Cheap, and telling how often it was asked: as each check costs the same, so does each answer."""

    def __init__(self, checked: list[str]) -> None:
        super().__init__(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self._checked = checked

    async def hash(self, password: str) -> str:
        self._checked.append("hash")
        return await super().hash(password)

    async def verify(self, password_hash: str, password: str, tries: Tries | None = None) -> bool:
        self._checked.append("verify")
        return await super().verify(password_hash, password, tries)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'folkmoot.db'}", tmp_path)
    yield store
    await store.close()


@pytest_asyncio.fixture
async def world(store: Store) -> AsyncIterator[World]:
    world = World(store, AuthSettings())
    async with world.client:
        yield world


async def test_who_signs_up_is_signed_in(world: World) -> None:
    answer = await world.ok("signup", **ADA)
    assert answer["user"] == {"id": answer["user"]["id"], "email": "ada@example.org", "display_name": "Ada"}
    assert answer["expires_in"] == 900
    status, me = await world.me(answer["token"])
    assert (status, me["user"], me["name"]) == (200, answer["user"], "Ada")


async def test_who_signed_up_can_sign_in_with_any_spelling_of_the_address(world: World) -> None:
    made = await world.ok("signup", **ADA)
    answer = await world.ok("login", email=" ADA@EXAMPLE.ORG ", password=ADA["password"])
    assert answer["user"] == made["user"]
    assert answer["refresh_token"] != made["refresh_token"]


async def test_a_wrong_password_and_an_unknown_address_are_one_answer_after_one_hash(world: World) -> None:
    await world.ok("signup", **ADA)
    answers = []
    for attempt in (
        LOGIN | {"password": "wrong"},
        LOGIN | {"email": "eve@example.org"},
        LOGIN | {"email": "no address"},
    ):
        world.checked.clear()
        answer = await world.post("login", **attempt)
        answers.append((answer.status, await answer.text()))
        assert world.checked == ["verify"]
    assert len(set(answers)) == 1
    assert answers[0][0] == 401


async def test_a_taken_address_is_refused_after_the_same_work_as_a_free_one(world: World) -> None:
    await world.ok("signup", **ADA)
    world.checked.clear()
    assert await world.refused("signup", **ADA | {"email": "ADA@example.ORG"}) == (409, "CONFLICT")
    assert world.checked == ["hash"]
    assert world.accounts.refused["email_taken"] == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"email": "ada"},
        {"email": "ada@"},
        {"email": "@example.org"},
        {"email": "a b@example.org"},
        {"email": "ada@example"},
        {"email": "ada@exa mple.org"},
        {"email": "a" * 65 + "@example.org"},
        {"email": "ada@" + "x." * 130 + "org"},
        {"email": "ada\u202e@example.org"},
        {"password": "short"},
        {"password": "password123"},
        {"password": "Ada@Example.ORG"},
        {"password": "aaaaaaaaaaaaaa"},
        {"password": "x" * 129},
        {"role": "host"},
        {"operator": True},
    ],
    ids=str,
)
async def test_what_can_be_no_account_is_refused_in_words(world: World, broken: dict[str, Any]) -> None:
    assert await world.refused("signup", **ADA | broken) == (422, "VALIDATION")


async def test_a_password_may_be_long_have_spaces_at_its_ends_and_be_typed_on_any_keyboard(world: World) -> None:
    for number, password in enumerate([" spaces at both ends ", "x7Qp" * 32, "Ångström 日本語"]):
        email = f"p{number}@example.org"
        await world.ok("signup", **ADA | {"email": email, "password": password})
        await world.ok("login", email=email, password=password)
    await world.ok("login", email="p2@example.org", password="A\u030angstro\u0308m 日本語")
    assert await world.refused("login", email="p0@example.org", password="spaces at both ends") == (401, "UNAUTHORIZED")


async def test_sign_up_can_be_closed_while_those_with_an_account_still_come_in(store: Store, world: World) -> None:
    await world.ok("signup", **ADA)
    closed = World(store, AuthSettings(signup=False))
    async with closed.client:
        assert await closed.refused("signup", **ADA | {"email": "eve@example.org"}) == (403, "ACCESS_DENIED")
        await closed.ok("login", **LOGIN)


async def test_a_refresh_token_is_good_once(world: World) -> None:
    first = await world.ok("signup", **ADA)
    second = await world.ok("refresh", refresh_token=first["refresh_token"])
    assert second["token"] != first["token"]
    third = await world.ok("refresh", refresh_token=second["refresh_token"])
    assert (await world.me(third["token"]))[0] == 200


async def test_a_refresh_token_used_again_ends_the_whole_family_and_no_other(world: World) -> None:
    stolen = await world.ok("signup", **ADA)
    elsewhere = await world.ok("login", **LOGIN)
    current = await world.ok("refresh", refresh_token=stolen["refresh_token"])
    assert await world.refused("refresh", refresh_token=stolen["refresh_token"]) == (401, "UNAUTHORIZED")
    assert await world.refused("refresh", refresh_token=current["refresh_token"]) == (401, "UNAUTHORIZED")
    for token in (stolen["token"], current["token"]):
        assert (await world.me(token))[0] == 401
    assert (await world.me(elsewhere["token"]))[0] == 200
    assert world.accounts.refused["refresh_reused"] == 1


@pytest.mark.parametrize("text", ["", "x", "a.b", "x" * 22 + "." + "y" * 43, "' OR 1=1 --"])
async def test_what_is_no_refresh_token_is_refused(world: World, text: str) -> None:
    assert await world.refused("refresh", refresh_token=text) == (401, "UNAUTHORIZED")


async def test_refresh_and_access_tokens_are_not_taken_for_one_another(world: World) -> None:
    signed_in = await world.ok("signup", **ADA)
    assert await world.refused("refresh", refresh_token=signed_in["token"]) == (401, "UNAUTHORIZED")
    assert (await world.me(signed_in["refresh_token"]))[0] == 401


async def test_an_access_token_lives_a_quarter_of_an_hour(world: World) -> None:
    signed_in = await world.ok("signup", **ADA)
    world.now += 901 + 30
    assert (await world.me(signed_in["token"]))[0] == 401
    assert (await world.me((await world.ok("refresh", refresh_token=signed_in["refresh_token"]))["token"]))[0] == 200


@pytest.mark.parametrize("by", ["refresh_token", "token"])
async def test_signing_out_ends_the_sign_in_and_its_tokens(world: World, by: str) -> None:
    signed_in = await world.ok("signup", **ADA)
    if by == "token":
        await world.ok("logout", signed_in["token"])
    else:
        await world.ok("logout", refresh_token=signed_in["refresh_token"])
    assert (await world.me(signed_in["token"]))[0] == 401
    assert await world.refused("refresh", refresh_token=signed_in["refresh_token"]) == (401, "UNAUTHORIZED")


async def test_signing_out_twice_or_as_nobody_does_nothing(world: World) -> None:
    signed_in = await world.ok("signup", **ADA)
    for _ in range(2):
        await world.ok("logout", refresh_token=signed_in["refresh_token"])
    await world.ok("logout")


async def test_a_changed_password_ends_every_other_sign_in(world: World) -> None:
    here = await world.ok("signup", **ADA)
    elsewhere = await world.ok("login", **LOGIN)
    change = {"current_password": ADA["password"], "new_password": "another good one"}
    await world.ok("password", here["token"], **change)
    assert (await world.me(elsewhere["token"]))[0] == 401
    assert await world.refused("refresh", refresh_token=elsewhere["refresh_token"]) == (401, "UNAUTHORIZED")
    assert (await world.me(here["token"]))[0] == 200
    assert await world.refused("login", **LOGIN) == (401, "UNAUTHORIZED")
    await world.ok("login", email=LOGIN["email"], password="another good one")


async def test_a_password_is_changed_only_by_who_knows_the_old_one_and_to_a_good_one(world: World) -> None:
    here = await world.ok("signup", **ADA)
    wrong = {"current_password": "wrong", "new_password": "another good one"}
    assert await world.refused("password", here["token"], **wrong) == (403, "ACCESS_DENIED")
    weak = {"current_password": ADA["password"], "new_password": "password123"}
    assert await world.refused("password", here["token"], **weak) == (422, "VALIDATION")
    assert await world.refused("password", **wrong) == (401, "UNAUTHORIZED")


async def test_an_operator_ends_any_token_and_nobody_else_does(world: World) -> None:
    ada = await world.ok("signup", **ADA)
    claims = json.loads(base64.urlsafe_b64decode(ada["token"].split(".")[1] + "=="))
    assert await world.refused("revoke", ada["token"], id=claims["jti"]) == (403, "ACCESS_DENIED")
    operator = world.authority.issue("root", ttl_s=60, operator=True)
    await world.ok("revoke", operator, id=claims["jti"])
    assert (await world.me(ada["token"]))[0] == 401
    again = await world.ok("refresh", refresh_token=ada["refresh_token"])
    await world.ok("revoke", operator, id=claims["sid"])
    assert (await world.me(again["token"]))[0] == 401
    assert await world.refused("refresh", refresh_token=again["refresh_token"]) == (401, "UNAUTHORIZED")


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(world: World) -> None:
    own = world.own_origin()
    answer = await world.post("signup", origin=own, cookie=True, **ADA)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/api/auth" in cookie
    assert (await answer.json())["refresh_token"] is None
    renewed = await world.post("refresh", origin=own)
    assert renewed.status == 200
    assert (await renewed.json())["refresh_token"] is None
    for origin in (None, "null", "https://evil.example.com", own + ".evil.example.com"):
        assert (await world.post("refresh", origin=origin)).status == 403, origin
        assert (await world.post("logout", origin=origin)).status == 403, origin
    left = await world.post("logout", origin=own)
    assert left.cookies[REFRESH_COOKIE]["max-age"] == "0"
    assert (await world.post("refresh", origin=own)).status == 401


async def test_a_page_that_never_got_its_next_cookie_is_not_taken_for_a_thief(world: World) -> None:
    own = world.own_origin()
    await world.post("signup", origin=own, cookie=True, **ADA)
    jar = world.client.session.cookie_jar
    lost = {REFRESH_COOKIE: next(cookie.value for cookie in jar if cookie.key == REFRESH_COOKIE)}
    assert (await world.post("refresh", origin=own)).status == 200
    jar.clear()
    again = await world.client.post("/api/auth/refresh", json={}, headers={"Origin": own}, cookies=lost)
    assert again.status == 200
    assert (await world.post("refresh", origin=own)).status == 200
    jar.clear()
    once_more = await world.client.post("/api/auth/refresh", json={}, headers={"Origin": own}, cookies=lost)
    assert once_more.status == 401
    assert world.accounts.refused["refresh_reused"] == 1


async def test_no_other_site_can_sign_somebody_in_by_cookie(world: World) -> None:
    await world.ok("signup", **ADA)
    assert (await world.post("login", origin="https://evil.example.com", cookie=True, **LOGIN)).status == 403


async def test_answers_with_tokens_are_stored_by_no_cache(world: World) -> None:
    assert (await world.post("signup", **ADA)).headers["Cache-Control"] == "no-store"

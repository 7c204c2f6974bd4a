"""Every way an HTTP request can be wrong, answered once and in the protocol's words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate
from pydantic import Field

from server.api.contract import Access, Answer, Body, Call, Route
from server.api.dispatch import MAX_BODY_BYTES, ApiDispatch
from server.api.errors import STATUS, ApiError
from server.api.openapi import document
from server.identity import TokenAuthority
from server.tokens.authenticator import Authenticator
from tests.support.unlimited import unlimited

NOW = 1_800_000_000.0


class Question(Body):
    text: str = Field(max_length=20)


class Filter(Body):
    limit: int = Field(10, ge=1, le=100)


class Reply(Answer):
    text: str
    caller: str | None


async def echo(call: Call) -> Reply:
    return Reply(text=call.body.text, caller=call.identity.user_id if call.identity else None)


async def limited(call: Call) -> Reply:
    return Reply(text=str(call.query.limit), caller=call.path["id"])


async def refuse(call: Call) -> Reply:
    raise ApiError(call.path["code"], "No.")


async def break_down(_call: Call) -> Reply:
    raise RuntimeError("the password is hunter2")


ROUTES = [
    Route("POST", "/api/echo", "Echo", echo, Reply, body=Question),
    Route("GET", "/api/limited/{id}", "Limited", limited, Reply, Access.PUBLIC, query=Filter),
    Route("GET", "/api/refuse/{code}", "Refuse", refuse, Reply, Access.PUBLIC),
    Route("GET", "/api/break", "Break", break_down, Reply, Access.PUBLIC),
    Route("GET", "/api/operators", "Operators", limited, Reply, Access.OPERATOR),
]


@pytest.fixture
def authority() -> TokenAuthority:
    return TokenAuthority("a secret of more than thirty-two bytes", now=lambda: NOW)


class NothingRevoked:
    def holds(self, _token_ids: Iterable[str]) -> bool:
        return False


@pytest_asyncio.fixture
async def client(authority: TokenAuthority) -> AsyncIterator[TestClient[Any, Any]]:
    app = web.Application()
    ApiDispatch(Authenticator(authority, revoked=NothingRevoked()), unlimited()).mount(app, ROUTES)
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.fixture
def ada(authority: TokenAuthority) -> dict[str, str]:
    return {"Authorization": f"Bearer {authority.issue('ada', ttl_s=60)}"}


async def refused_with(answer: Any) -> tuple[int, str]:
    body = await answer.json()
    assert body["success"] is False
    assert set(body["error"]) == {"code", "message"}
    return answer.status, body["error"]["code"]


async def test_a_request_that_fits_is_answered(client: TestClient[Any, Any], ada: dict[str, str]) -> None:
    answer = await client.post("/api/echo", json={"text": " hi "}, headers=ada)
    assert (answer.status, await answer.json()) == (200, {"text": "hi", "caller": "ada"})


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x.y.z", "Basic YTpi", "Bearer a b"])
async def test_a_request_without_a_good_token_is_unauthorized(client: TestClient[Any, Any], header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = await client.post("/api/echo", json={"text": "hi"}, headers=headers)
    assert await refused_with(answer) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"text": 1}', b'{"text": "hi", "role": "host"}', b"\xff", b'{"text": "' + b"x" * 21 + b'"}'],
)
async def test_a_body_that_breaks_its_schema_is_refused_without_echoing_it(
    client: TestClient[Any, Any], ada: dict[str, str], body: bytes
) -> None:
    answer = await client.post("/api/echo", data=body, headers=ada)
    text = await answer.text()
    assert await refused_with(answer) == (422, "VALIDATION")
    assert "xxxxx" not in text


async def test_a_body_past_the_limit_is_refused(client: TestClient[Any, Any], ada: dict[str, str]) -> None:
    answer = await client.post("/api/echo", data=b"[" * (MAX_BODY_BYTES + 1), headers=ada)
    assert await refused_with(answer) == (422, "VALIDATION")


async def test_case_62_a_body_that_does_not_come_is_not_waited_for(
    client: TestClient[Any, Any], ada: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.api.dispatch.BODY_WITHIN_S", 0.05)
    never = asyncio.Event()

    async def drip() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    answer = await client.post("/api/echo", data=drip(), headers=ada)
    assert await refused_with(answer) == (422, "VALIDATION")


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "unknown=1"])
async def test_a_query_that_breaks_its_schema_is_refused(client: TestClient[Any, Any], query: str) -> None:
    assert await refused_with(await client.get(f"/api/limited/7?{query}")) == (422, "VALIDATION")


async def test_operators_routes_are_closed_to_others(client: TestClient[Any, Any], ada: dict[str, str]) -> None:
    assert await refused_with(await client.get("/api/operators", headers=ada)) == (403, "ACCESS_DENIED")


async def test_an_unknown_route_is_not_found(client: TestClient[Any, Any]) -> None:
    assert await refused_with(await client.get("/api/nowhere")) == (404, "NOT_FOUND")


@pytest.mark.parametrize("code", sorted(STATUS))
async def test_every_code_has_its_status(client: TestClient[Any, Any], code: str) -> None:
    assert await refused_with(await client.get(f"/api/refuse/{code}")) == (STATUS[code], code)


async def test_an_unexpected_error_tells_nothing_of_its_inside(client: TestClient[Any, Any]) -> None:
    answer = await client.get("/api/break")
    assert "hunter2" not in await answer.text()
    assert await refused_with(answer) == (500, "INTERNAL")


def test_the_openapi_document_is_valid() -> None:
    made = document(ROUTES, "1")
    validate(made)
    assert set(made["paths"]) == {route.path for route in ROUTES}

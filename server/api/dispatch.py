"""From an aiohttp request to a handler and back: authentication, validation and the only translation of errors."""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog
from aiohttp import web
from pydantic import BaseModel, ValidationError

from persistence.errors import PersistenceError
from server.api.contract import Access, Body, Call, Cookie, Nothing, Route, Sender, Streamed, Tagged, WithCookie
from server.api.errors import ApiError
from server.api.limits import HttpLimits
from server.api.streaming import Streaming
from server.tokens.authenticator import Authenticator
from server.tokens.claims import InvalidTokenError
from sfu.commands import MediaError
from signaling.errors import SignalingError
from signaling.identity import Identity

MAX_BODY_BYTES = 64 * 1024
BODY_WITHIN_S = 10.0
BEARER = re.compile(r"Bearer ([A-Za-z0-9._~+/=-]+)")
log = structlog.get_logger()


class ApiDispatch:
    """Serves routes; counts every answer by route and status. `origins`: of our pages, besides the server's own."""

    def __init__(self, authenticator: Authenticator, limits: HttpLimits, *, origins: Sequence[str] = ()) -> None:
        self._authenticator = authenticator
        self._origins = frozenset(origins)
        self._limits = limits
        self.streaming = Streaming()
        self.answers: Counter[tuple[str, str, int]] = Counter()

    def mount(self, app: web.Application, routes: list[Route]) -> None:
        for route in routes:
            app.router.add_route(route.method, route.path, self._serve(route))
        app.router.add_route("*", "/api/{rest:.*}", self._unknown)
        app.on_shutdown.append(self.streaming.end_all)

    def _serve(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            response: web.StreamResponse
            try:
                told = await route.handler(await self._call(route, request))
                if isinstance(told, Streamed):
                    response = await self.streaming.send(request, told)
                else:
                    response = answered(told, route.status)
            except ApiError as error:
                response = refusal(error)
            except SignalingError as error:
                response = refusal(ApiError(error.code, error.message, error.retry_after))
            except (PersistenceError, MediaError) as error:
                response = refusal(ApiError(error.code, str(error)))
            except web.HTTPException:
                raise
            except Exception:
                log.exception("api_failed", method=route.method, path=route.path)
                response = refusal(ApiError("INTERNAL", "The server could not answer this request."))
            self.answers[route.method, route.path, response.status] += 1
            return response

        return serve

    async def _call(self, route: Route, request: web.Request) -> Call:
        identity = await self._identify(route, request)
        await self._limits.admit(route, identity, request.remote or "")
        body = await _read_body(request, route.body)
        if route.subject is not None:
            await self._limits.admit_subject(route, route.subject(body))
        query = _validate(route.query, dict(request.query))
        return Call(
            identity=identity,
            path=dict(request.match_info),
            body=body,
            query=query,
            sender=sender_of(request, self._origins),
            if_match=_if_match(request),
            last_event_id=request.headers.get("Last-Event-ID"),
        )

    async def _identify(self, route: Route, request: web.Request) -> Identity | None:
        match = BEARER.fullmatch(request.headers.get("Authorization", ""))
        try:
            identity = await self._authenticator.identify(match.group(1) if match else "")
        except InvalidTokenError as error:
            if route.access is Access.PUBLIC:
                return None
            raise ApiError("UNAUTHORIZED", str(error) if match else "A bearer token is required.") from None
        if route.access is Access.OPERATOR and not identity.operator:
            raise ApiError("ACCESS_DENIED", "Only operators may see this.")
        return identity

    async def _unknown(self, request: web.Request) -> web.Response:
        self.answers[request.method, "unknown", 404] += 1
        return refusal(ApiError("NOT_FOUND", "There is no such route."))


def _if_match(request: web.Request) -> str | None:
    """Several headers are one list (RFC 9110, 5.3), which names no single version."""
    named = request.headers.getall("If-Match", [])
    return ", ".join(named) if named else None


def answered(told: BaseModel | WithCookie | Tagged, status: int) -> web.Response:
    answer = told.answer if isinstance(told, WithCookie | Tagged) else told
    response = web.Response(body=answer.model_dump_json(), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    if isinstance(told, WithCookie):
        _set_cookie(response, told.cookie)
    if isinstance(told, Tagged):
        response.headers["ETag"] = told.tag
    return response


def _set_cookie(response: web.Response, cookie: Cookie) -> None:
    response.set_cookie(
        cookie.name,
        cookie.value,
        path=cookie.path,
        max_age=cookie.lives_s,
        secure=cookie.secure,
        httponly=True,
        samesite="Strict",
    )


def sender_of(request: web.Request, origins: Collection[str]) -> Sender:
    origin = request.headers.get("Origin", "")
    return Sender(
        address=request.remote or "",
        same_origin=origin in origins or urlsplit(origin).netloc == request.host != "",
        secure=request.secure,
        cookies=request.cookies,
    )


def refusal(error: ApiError) -> web.Response:
    fault: dict[str, object] = {"code": error.code, "message": error.message}
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if error.retry_after is not None:
        # Whole seconds in the header (RFC 9110, 10.2.3), rounded so that coming back then is not too early.
        fault["retry_after"] = math.ceil(error.retry_after)
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    body = {"success": False, "error": fault}
    return web.Response(body=orjson.dumps(body), status=error.status, content_type="application/json", headers=headers)


async def _read_body(request: web.Request, model: type[Body]) -> BaseModel | None:
    if model is Nothing:
        return None
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            raw = await _read_content(request)
    except TimeoutError:
        raise ApiError("VALIDATION", "The body did not come in time.") from None
    if len(raw) > MAX_BODY_BYTES:
        raise ApiError("VALIDATION", f"The body is larger than {MAX_BODY_BYTES} bytes.")
    try:
        document = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError:
        raise ApiError("VALIDATION", "The body is not JSON.") from None
    return _validate(model, document)


async def _read_content(request: web.Request) -> bytes:
    """As much as shows that it is too much."""
    raw = await request.content.read(MAX_BODY_BYTES + 1)
    while len(raw) <= MAX_BODY_BYTES and not request.content.at_eof():
        raw += await request.content.read(MAX_BODY_BYTES + 1 - len(raw))
    return raw


def _validate(model: type[Body], document: Any) -> BaseModel:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise ApiError("VALIDATION", explain(error)) from None


def explain(error: ValidationError) -> str:
    """Which fields are wrong and why, without a word of the input."""
    parts = (f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors(include_input=False)[:5])
    return "; ".join(parts)

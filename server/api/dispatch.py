"""From an aiohttp request to a handler and back: authentication, validation and the only translation of errors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import structlog
from aiohttp import web
from pydantic import BaseModel, ValidationError

from persistence.errors import PersistenceError
from server.api.contract import Access, Body, Call, Nothing, Route
from server.api.errors import ApiError
from server.identity import InvalidTokenError, TokenAuthority
from sfu.commands import MediaError
from signaling.identity import Identity

MAX_BODY_BYTES = 64 * 1024
BEARER = re.compile(r"Bearer ([A-Za-z0-9._~+/=-]+)")
log = structlog.get_logger()


class ApiDispatch:
    """Serves routes; counts every answer by route and status."""

    def __init__(self, authority: TokenAuthority) -> None:
        self._authority = authority
        self.answers: Counter[tuple[str, str, int]] = Counter()

    def mount(self, app: web.Application, routes: list[Route]) -> None:
        for route in routes:
            app.router.add_route(route.method, route.path, self._serve(route))
        app.router.add_route("*", "/api/{rest:.*}", self._unknown)

    def _serve(self, route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(request: web.Request) -> web.Response:
            try:
                answer = await route.handler(await self._call(route, request))
                response = web.Response(
                    body=answer.model_dump_json(), status=route.status, content_type="application/json"
                )
            except ApiError as error:
                response = refusal(error)
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
        identity = self._identify(route, request)
        body = await _read_body(request, route.body)
        query = _validate(route.query, dict(request.query))
        return Call(identity=identity, path=dict(request.match_info), body=body, query=query)

    def _identify(self, route: Route, request: web.Request) -> Identity | None:
        if route.access is Access.PUBLIC:
            return None
        match = BEARER.fullmatch(request.headers.get("Authorization", ""))
        if match is None:
            raise ApiError("UNAUTHORIZED", "A bearer token is required.")
        try:
            identity = self._authority.verify(match.group(1))
        except InvalidTokenError as error:
            raise ApiError("UNAUTHORIZED", str(error)) from None
        if route.access is Access.OPERATOR and not identity.operator:
            raise ApiError("ACCESS_DENIED", "Only operators may see this.")
        return identity

    async def _unknown(self, request: web.Request) -> web.Response:
        self.answers[request.method, "unknown", 404] += 1
        return refusal(ApiError("NOT_FOUND", "There is no such route."))


def refusal(error: ApiError) -> web.Response:
    body = {"success": False, "error": {"code": error.code, "message": error.message}}
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    return web.Response(body=orjson.dumps(body), status=error.status, content_type="application/json", headers=headers)


async def _read_body(request: web.Request, model: type[Body]) -> BaseModel | None:
    if model is Nothing:
        return None
    raw = await request.content.read(MAX_BODY_BYTES + 1)
    while len(raw) <= MAX_BODY_BYTES and not request.content.at_eof():
        raw += await request.content.read(MAX_BODY_BYTES + 1 - len(raw))
    if len(raw) > MAX_BODY_BYTES:
        raise ApiError("VALIDATION", f"The body is larger than {MAX_BODY_BYTES} bytes.")
    try:
        document = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError:
        raise ApiError("VALIDATION", "The body is not JSON.") from None
    return _validate(model, document)


def _validate(model: type[Body], document: Any) -> BaseModel:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise ApiError("VALIDATION", explain(error)) from None


def explain(error: ValidationError) -> str:
    """Which fields are wrong and why, without a word of the input."""
    parts = (f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors(include_input=False)[:5])
    return "; ".join(parts)

"""The published contract: what clients may ask, answer and hear, for machines to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from persistence.events import schema as events
from signaling import asyncapi, schema


def of_signaling() -> dict[str, dict[str, Any]]:
    """By path under `/api/`: JSON Schema of every message, and the AsyncAPI document of how they are exchanged."""
    return {"schema/signaling.json": schema.document(), "schema/asyncapi.json": asyncapi.document()}


def of_events() -> dict[str, dict[str, Any]]:
    """The catalogue of what is recorded: a schema and a version of each type."""
    return {"schema/events.json": events.document()}


def mount(app: web.Application, documents: Mapping[str, dict[str, Any]]) -> None:
    """Serve each document under `/api/`. They are the same for everybody and for as long as the server runs."""
    for path, document in documents.items():
        app.router.add_get(f"/api/{path}", _serving(orjson.dumps(document)))


def _serving(body: bytes) -> Any:
    async def serve(_request: web.Request) -> web.Response:
        headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"}
        return web.Response(body=body, content_type="application/json", headers=headers)

    return serve

"""`/healthz`: the process lives. `/readyz`: it can serve a meeting, part by part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web

Check = Callable[[], Awaitable[str | None]]
"""Answers None when the part is fine, else what is wrong with it, in words."""


class Health:
    def __init__(self, checks: dict[str, Check]) -> None:
        self._checks = checks
        self.draining = False

    def mount(self, app: web.Application) -> None:
        app.router.add_get("/healthz", self.healthz)
        app.router.add_get("/readyz", self.readyz)

    async def healthz(self, _request: web.Request) -> web.Response:
        return web.Response(body=b'{"status":"ok"}', content_type="application/json")

    async def readyz(self, _request: web.Request) -> web.Response:
        """200 when every part is ready, else 503; each part is named with its verdict."""
        verdicts = {name: await check() or "ok" for name, check in self._checks.items()}
        if self.draining:
            verdicts["server"] = "draining"
        ready = all(verdict == "ok" for verdict in verdicts.values())
        body = orjson.dumps({"ready": ready, "checks": verdicts})
        return web.Response(body=body, status=200 if ready else 503, content_type="application/json")

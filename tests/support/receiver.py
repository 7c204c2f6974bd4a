"""A web server outside that takes webhooks, and misbehaves on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    id: str
    timestamp: int
    signature: str
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)["data"]  # type: ignore[no-any-return]

    def signed_by(self, secret: str) -> bool:
        """As the receivers' own library looks, the time included."""
        headers = {
            "webhook-id": self.id,
            "webhook-timestamp": str(self.timestamp),
            "webhook-signature": self.signature,
        }
        try:
            Webhook(secret).verify(self.body, headers)
        except WebhookVerificationError:
            return False
        return True


Answer = Callable[[Received], Awaitable[web.StreamResponse]]


async def taken(_received: Received) -> web.StreamResponse:
    return web.Response(status=204)


class Receiver:
    """`requests` are all that came, in order; `answer` says what becomes of each, and is counted in `taken` if 2xx."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.taken: list[Received] = []
        self.answer: Answer = taken
        self._came = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def wait_for(self, what: Callable[[], bool], *, within_s: float = 20.0) -> None:
        """Fails with what came when it is not so in time."""
        try:
            async with asyncio.timeout(within_s), self._came:
                await self._came.wait_for(what)
        except TimeoutError:
            came = [(one.id, json.loads(one.body)["type"]) for one in self.requests]
            raise AssertionError(f"not within {within_s} s; {len(came)} came: {came[-10:]}") from None

    async def wait_for_taken(self, count: int, *, within_s: float = 20.0) -> list[Received]:
        await self.wait_for(lambda: len(self.taken) >= count, within_s=within_s)
        return list(self.taken)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        received = Received(
            request.headers["webhook-id"],
            int(request.headers["webhook-timestamp"]),
            request.headers["webhook-signature"],
            await request.read(),
        )
        self.requests.append(received)
        answer = await self.answer(received)
        if 200 <= answer.status < 300:
            self.taken.append(received)
        async with self._came:
            self._came.notify_all()
        return answer

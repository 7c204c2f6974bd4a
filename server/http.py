"""The HTTP application: every part that answers HTTP, mounted; and the socket it listens on."""

from __future__ import annotations

from typing import Protocol

import structlog
from aiohttp import web

from config.settings import HttpSettings

log = structlog.get_logger()


class Mountable(Protocol):
    def mount(self, app: web.Application) -> None: ...


class HttpServer:
    """Listens once everything behind it is ready; closes first, so that no request meets a stopped part."""

    def __init__(self, app: web.Application, settings: HttpSettings) -> None:
        self._app = app
        self._settings = settings
        self._runner: web.AppRunner | None = None
        self.port = settings.port

    async def start(self) -> None:
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=2.0, keepalive_timeout=75.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._settings.host, self._settings.port, backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]
        log.info("listening", host=self._settings.host, port=self.port)

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

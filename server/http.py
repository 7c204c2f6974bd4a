"""The HTTP application: every part that answers HTTP, mounted; and the socket it listens on."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog
from aiohttp import web

from config.settings import HttpSettings
from server.connections import Connections

BACKLOG = 1024
KEEP_ALIVE_S = 75.0
log = structlog.get_logger()


class Mountable(Protocol):
    def mount(self, app: web.Application) -> None: ...


class HttpServer:
    """Listens once everything behind it is ready; closes first, so that no request meets a stopped part."""

    def __init__(self, app: web.Application, settings: HttpSettings, connections: Connections) -> None:
        self._app = app
        self._settings = settings
        self._connections = connections
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None
        self.port = settings.port

    async def start(self) -> None:
        self._runner = runner = web.AppRunner(
            self._app, access_log=None, shutdown_timeout=2.0, keepalive_timeout=KEEP_ALIVE_S
        )
        await runner.setup()
        make = runner.server
        if make is None:
            raise RuntimeError("the runner has no server after its setup")
        self._listening = await asyncio.get_running_loop().create_server(
            lambda: self._connections.guard(make()), self._settings.host, self._settings.port, backlog=BACKLOG
        )
        self.port = self._listening.sockets[0].getsockname()[1]
        log.info("listening", host=self._settings.host, port=self.port)

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

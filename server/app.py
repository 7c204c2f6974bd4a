"""The wiring of one node, read top to bottom: what there is, what is given to whom, what starts and stops when."""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path

import structlog
from aiohttp import web

from config.settings import Settings
from persistence.store import Store, StoreOptions, utc_now
from server import pages, schemas
from server.api.accounts import AccountsApi
from server.api.auth import AuthApi
from server.api.contract import Route
from server.api.conversation import ConversationApi
from server.api.dispatch import ApiDispatch
from server.api.events import EventsApi
from server.api.exports import ExportsApi
from server.api.failed_events import FailedEventsApi
from server.api.history import HistoryApi
from server.api.meeting_settings import MeetingSettingsApi
from server.api.meetings import MeetingsApi
from server.api.openapi import document
from server.api.operations import OperationsApi
from server.api.overview import OverviewApi
from server.api.record_access import RecordAccess
from server.api.reports import ReportsApi
from server.api.streams import StreamsApi
from server.doors import Doors
from server.health import Health
from server.http import HttpServer
from server.identity import TokenAuthority
from server.lifecycle import Lifecycle, Stage
from server.metrics import Metrics
from server.outgoing import Outgoing
from server.overview import Overview
from server.samples import Samples
from sfu.fleet import Fleet
from signaling.gateway import Gateway
from signaling.rooms import Registry

WEB_DIST = Path(__file__).resolve().parents[1] / "web" / "dist"
log = structlog.get_logger()


class Application:
    """One node. `start()` returns once it serves; `stop()` ends everything in the order of `lifecycle`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._authority = TokenAuthority(
            settings.auth.secret.get_secret_value(), now=time.time, leeway_s=settings.auth.leeway_s
        )
        self._fleet = Fleet(settings.rtc)
        self._lifecycle: Lifecycle | None = None
        self.port = settings.http.port

    async def start(self) -> None:
        options = StoreOptions.of(self._settings.record, migrate=self._settings.database.migrate_on_start)
        store = await Store.open(self._settings.database_url, self._settings.data_dir, options=options)
        try:
            lifecycle = self._wire(store)
            await lifecycle.start()
        except BaseException:
            await store.close()
            raise
        self._lifecycle = lifecycle

    async def stop(self) -> None:
        if self._lifecycle is not None:
            await self._lifecycle.stop()

    def _wire(self, store: Store) -> Lifecycle:
        settings, fleet = self._settings, self._fleet
        registry = Registry(limits=settings.limits)
        doors = Doors(settings, store, self._authority)
        outgoing = Outgoing(settings, store, doors.accounts)
        gateway = Gateway(
            authenticate=doors.authenticator.identify,
            registry=registry,
            media=fleet,
            store=store,
            settings=settings,
            revoked=doors.revoked,
            passwords=doors.meeting_passwords,
            quotas=doors.quotas,
        )
        dispatch = ApiDispatch(doors.authenticator, doors.limits, origins=settings.http.cors_origins)
        health = Health({"database": store.ready, "workers": fleet.ready, "signaling": gateway.ready})
        metrics = Metrics(
            [Samples(store, fleet, registry, gateway.counters, dispatch).take, doors.samples, outgoing.samples]
        )

        middlewares = [doors.connections.middleware, doors.proxies.middleware, pages.secure]
        app = web.Application(middlewares=middlewares, client_max_size=64 * 1024)
        for part in (gateway, health, metrics):
            part.mount(app)
        overview = Overview(store, fleet, registry, clock=utc_now, monotonic=time.monotonic)
        routes = [
            *self._routes(store, doors, outgoing, registry),
            *OverviewApi(overview, store, fleet, registry).routes(),
        ]
        schemas.mount(
            app,
            {"openapi.json": document(routes, version("folkmoot")), **schemas.of_signaling(), **schemas.of_events()},
        )
        dispatch.mount(app, routes)
        pages.Pages(WEB_DIST).mount(app)
        http = HttpServer(app, settings.http, doors.connections)

        # Stopped from the bottom up: nobody new comes in, sessions are told, media ends, and only when nothing can
        # happen any more does the record close.
        return Lifecycle(
            [
                Stage("record", _nothing, store.close),
                *outgoing.stages(),
                doors.stage(),
                Stage("media", fleet.start, fleet.stop),
                Stage("signaling", gateway.start, gateway.stop),
                Stage("overview", overview.start, overview.stop),
                Stage("http", http.start, http.stop),
            ]
        )

    def _routes(self, store: Store, doors: Doors, outgoing: Outgoing, registry: Registry) -> list[Route]:
        settings = self._settings
        access = RecordAccess(store)
        return [
            *AccountsApi(doors.accounts, refresh_ttl_s=settings.auth.refresh_ttl_s).routes(),
            *AuthApi(store, self._authority, settings.auth, guests_create=settings.guests_create).routes(),
            *MeetingsApi(store, doors.meeting_passwords, settings.limits).routes(),
            *MeetingSettingsApi(store, doors.meeting_passwords, settings.limits).routes(),
            *ReportsApi(store).routes(),
            *EventsApi(store, access).routes(),
            *ExportsApi(store, access).routes(),
            *HistoryApi(store, access).routes(),
            *ConversationApi(store, access).routes(),
            *StreamsApi(store, revoked=doors.revoked).routes(),
            *OperationsApi(registry, self._fleet).routes(),
            *FailedEventsApi(store).routes(),
            *outgoing.routes(),
        ]


async def _nothing() -> None:
    """The record is already open: the other parts are built around it."""

"""The wiring of one node, read top to bottom: what there is, what is given to whom, what starts and stops when."""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path

import orjson
import structlog
from aiohttp import web

from config.settings import Settings
from persistence.store import Store
from server import pages
from server.accounts.accounts import Accounts
from server.api.accounts import AccountsApi
from server.api.auth import AuthApi
from server.api.contract import Route
from server.api.dispatch import ApiDispatch
from server.api.events import EventsApi
from server.api.limits import HttpLimits
from server.api.meetings import MeetingsApi
from server.api.openapi import document
from server.api.operations import OperationsApi
from server.client_address import TrustedProxies
from server.connections import Connections
from server.health import Health
from server.http import HttpServer
from server.identity import TokenAuthority
from server.lifecycle import Lifecycle, Stage
from server.metrics import Metrics
from server.refusals import Refusals
from server.samples import Samples
from server.tokens.authenticator import Authenticator
from server.tokens.revocations import Revocations
from sfu.fleet import Fleet
from signaling.gateway import Gateway
from signaling.passwords import Passwords
from signaling.rates.quota import MemoryQuotas
from signaling.rates.redis_quotas import RedisQuotas
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
        store = await Store.open(self._settings.database_url, self._settings.data_dir)
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
        revocations = Revocations(store.revoked_tokens, now=time.time)
        authenticator = Authenticator(self._authority, revoked=revocations)
        passwords = Passwords()
        alone = MemoryQuotas(time.monotonic)
        redis = RedisQuotas(settings.redis.url, alone, time.monotonic) if settings.redis.url else None
        gateway = Gateway(
            authenticate=authenticator.identify,
            registry=registry,
            media=fleet,
            store=store,
            settings=settings,
            passwords=passwords,
            quotas=redis or alone,
        )
        accounts = Accounts(
            users=store.users,
            sign_ins=store.sign_ins,
            revocations=revocations,
            authority=self._authority,
            passwords=passwords,
            settings=settings.auth,
        )
        limits = HttpLimits(settings.rates, redis or alone)
        dispatch = ApiDispatch(authenticator, limits)
        health = Health({"database": store.ready, "workers": fleet.ready, "signaling": gateway.ready})
        proxies = TrustedProxies(settings.http.trusted_proxies)
        connections = Connections(most_per_address=settings.rates.connections_per_address, trusted=proxies)
        refusals = Refusals(
            limits=limits, connections=connections, accounts=accounts, revocations=revocations, redis=redis
        )
        metrics = Metrics([Samples(store, fleet, registry, gateway.counters, dispatch).take, refusals.take])

        middlewares = [connections.middleware, proxies.middleware, pages.secure]
        app = web.Application(middlewares=middlewares, client_max_size=64 * 1024)
        for part in (gateway, health, metrics):
            part.mount(app)
        routes = self._routes(store, accounts, registry)
        _mount_openapi(app, routes)
        dispatch.mount(app, routes)
        pages.Pages(WEB_DIST).mount(app)
        http = HttpServer(app, settings.http, connections)

        # Stopped from the bottom up: nobody new comes in, sessions are told, media ends, and only when nothing can
        # happen any more does the record close.
        return Lifecycle(
            [
                Stage("record", _nothing, store.close),
                Stage("revocations", revocations.start, revocations.stop),
                Stage("quotas", _nothing, redis.close if redis else _nothing),
                Stage("media", fleet.start, fleet.stop),
                Stage("signaling", gateway.start, gateway.stop),
                Stage("http", http.start, http.stop),
            ]
        )

    def _routes(self, store: Store, accounts: Accounts, registry: Registry) -> list[Route]:
        settings = self._settings
        return [
            *AccountsApi(accounts, refresh_ttl_s=settings.auth.refresh_ttl_s).routes(),
            *AuthApi(store, self._authority, settings.auth, guests_create=settings.guests_create).routes(),
            *MeetingsApi(store, settings.limits).routes(),
            *EventsApi(store).routes(),
            *OperationsApi(registry, self._fleet).routes(),
        ]


async def _nothing() -> None:
    """Some parts are there from the first line on; others hold nothing that has to be given back."""


def _mount_openapi(app: web.Application, routes: list[Route]) -> None:
    body = orjson.dumps(document(routes, version("folkmoot")))

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app.router.add_get("/api/openapi.json", openapi)

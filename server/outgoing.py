"""What leaves the record, put together: webhooks and alerts, archives of old events, data that is erased."""

from __future__ import annotations

from collections.abc import Iterable
from random import SystemRandom

from config.settings import Settings
from persistence.store import Store, utc_now
from server.accounts.accounts import Accounts
from server.alerts.watch import AlertWatch
from server.api.alerts import AlertsApi
from server.api.contract import Route
from server.api.retention import RetentionApi
from server.api.webhooks import WebhooksApi
from server.housekeeping import Housekeeping
from server.lifecycle import Stage
from server.metrics import Sample
from server.webhooks.addresses import AddressRule
from server.webhooks.courier import Retries
from server.webhooks.dispatcher import Dispatcher
from server.webhooks.resolver import GuardedResolver, Targets
from server.webhooks.sender import Sender


class Outgoing:
    def __init__(self, settings: Settings, store: Store, accounts: Accounts) -> None:
        webhooks = settings.webhooks
        rule = AddressRule(webhooks.allowed_networks)
        targets = Targets(rule)
        sender = Sender(targets, GuardedResolver(rule), timeout_s=webhooks.timeout_s)
        self._dispatcher = Dispatcher(
            store, sender, Retries.of(webhooks), node=store.node, clock=utc_now, rng=SystemRandom()
        )
        self._webhooks = WebhooksApi(store, self._dispatcher, targets, webhooks)
        self._watch = AlertWatch(store, self._dispatcher, clock=utc_now)
        self._alerts = AlertsApi(store)
        archive = settings.retention.archive_dir or settings.data_dir / "archive"
        self._housekeeping = Housekeeping(store, settings.retention, archive, clock=utc_now)
        self._retention = RetentionApi(store, self._housekeeping, accounts)

    def routes(self) -> list[Route]:
        return [*self._webhooks.routes(), *self._alerts.routes(), *self._retention.routes()]

    def samples(self) -> Iterable[Sample]:
        yield from self._dispatcher.samples()
        yield from self._watch.samples()
        yield from self._housekeeping.samples()

    def stages(self) -> list[Stage]:
        return [
            Stage("housekeeping", self._housekeeping.start, self._housekeeping.stop),
            Stage("webhooks", self._dispatcher.start, self._dispatcher.stop),
            Stage("alerts", self._watch.start, self._watch.stop),
        ]

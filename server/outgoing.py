"""What tells others of what happened, put together: webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from random import SystemRandom

from config.settings import Settings
from persistence.store import Store, utc_now
from server.api.contract import Route
from server.api.webhooks import WebhooksApi
from server.lifecycle import Stage
from server.metrics import Sample
from server.webhooks.addresses import AddressRule
from server.webhooks.courier import Retries
from server.webhooks.dispatcher import Dispatcher
from server.webhooks.resolver import GuardedResolver, Targets
from server.webhooks.sender import Sender


class Outgoing:
    def __init__(self, settings: Settings, store: Store) -> None:
        webhooks = settings.webhooks
        rule = AddressRule(webhooks.allowed_networks)
        targets = Targets(rule)
        sender = Sender(targets, GuardedResolver(rule), timeout_s=webhooks.timeout_s)
        self._dispatcher = Dispatcher(
            store, sender, Retries.of(webhooks), node=store.node, clock=utc_now, rng=SystemRandom()
        )
        self._webhooks = WebhooksApi(store, self._dispatcher, targets, webhooks)

    def routes(self) -> list[Route]:
        return self._webhooks.routes()

    def samples(self) -> Iterable[Sample]:
        return self._dispatcher.samples()

    def stage(self) -> Stage:
        return Stage("outgoing", self._dispatcher.start, self._dispatcher.stop)

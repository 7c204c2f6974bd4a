"""A courier for each endpoint that is enabled, on one node of all."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

import orjson
import structlog

from persistence.background import Background
from persistence.errors import PersistenceError
from persistence.events import Event
from persistence.repositories.webhooks import Endpoint
from persistence.store import Store
from server.metrics import Sample
from server.webhooks.courier import Courier, Retries
from server.webhooks.selection import addressed_to
from server.webhooks.sender import Message, Sender

LEASE: Final = "webhooks"
LEASE_S: Final = 15.0
LOOK_S: Final = 3.0
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Round:
    courier: Courier
    task: asyncio.Task[None]


class Dispatcher:
    """Owns the couriers' tasks. `outcomes` counts tries by what became of them.

    The node that holds the lease delivers; when it dies, another does within `LEASE_S`, from the cursors it kept.
    """

    def __init__(
        self, store: Store, sender: Sender, retries: Retries, *, node: str, clock: Callable[[], datetime], rng: Random
    ) -> None:
        self._store = store
        self._sender = sender
        self._retries = retries
        self._node = node
        self._clock = clock
        self._rng = rng
        self._rounds: dict[str, _Round] = {}
        self._poked = asyncio.Event()
        self._background = Background()
        self._held_at: float | None = None
        self.outcomes: Counter[str] = Counter()

    async def start(self) -> None:
        await self._sender.start()
        self._background.begin(self._run(), name="webhook dispatcher")

    async def stop(self) -> None:
        await self._background.end()
        await self._dismiss(list(self._rounds))
        if self._held_at is not None:
            with contextlib.suppress(PersistenceError):
                await self._store.leases.release(LEASE, self._node)
        await self._sender.stop()

    @property
    def leading(self) -> bool:
        """Whether this node is the one that delivers."""
        return self._held_at is not None and asyncio.get_running_loop().time() - self._held_at <= LEASE_S

    def poke(self) -> None:
        """Endpoints were changed."""
        self._poked.set()

    async def send_now(self, event: Event) -> None:
        """Past the log and the order, once, to the endpoints it names: news that cannot wait for the log to move."""
        told = event.model_dump(mode="json") | {"position": None, "sequence": None}
        body = orjson.dumps({"type": event.type, "timestamp": told["timestamp"], "data": told})
        message = Message(event.event_id, body)
        for round_ in list(self._rounds.values()):
            endpoint = round_.courier.endpoint
            if addressed_to(endpoint.id, told["payload"]):
                outcome = await self._sender.post(endpoint.url, message, [endpoint.secret])
                self.outcomes[outcome.word] += 1

    def samples(self) -> Iterable[Sample]:
        tries = {(word,): count for word, count in self.outcomes.items()}
        yield Sample("folkmoot_webhook_tries", "counter", "Webhook deliveries tried", tries, ("outcome",))
        couriers = [round_.courier for round_ in self._rounds.values()]
        behind = max((courier.behind for courier in couriers), default=0)
        yield Sample("folkmoot_webhook_backlog", "gauge", "Events the slowest endpoint has to look at", {(): behind})
        failing = sum(courier.failures > 0 for courier in couriers)
        yield Sample("folkmoot_webhook_failing", "gauge", "Endpoints whose last try failed", {(): failing})

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                if await self._store.leases.hold(LEASE, self._node, for_s=LEASE_S):
                    self._held_at = loop.time()
                    await self._arrange(await self._store.webhooks.all())
                else:
                    self._held_at = None
            except PersistenceError as error:
                log.warning("webhooks wait for the database", code=error.code)
            except Exception:  # whatever it is, the next look may succeed; without this task nothing is delivered
                log.exception("the webhook dispatcher stumbled")
            if not self.leading:
                await self._dismiss(list(self._rounds))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._poked.wait()
            self._poked.clear()

    async def _arrange(self, endpoints: Sequence[Endpoint]) -> None:
        """A courier for each that is enabled, as it is now."""
        wanted = {endpoint.id: endpoint for endpoint in endpoints if endpoint.enabled}
        await self._dismiss(
            [
                endpoint_id
                for endpoint_id, round_ in self._rounds.items()
                if round_.task.done()
                or endpoint_id not in wanted
                or wanted[endpoint_id].revision != round_.courier.endpoint.revision
            ]
        )
        if missing := wanted.keys() - self._rounds.keys():
            # Read again: what was dismissed kept how far it was.
            for endpoint in await self._store.webhooks.all():
                if endpoint.id in missing and endpoint.enabled:
                    self._rounds[endpoint.id] = self._send_out(endpoint)

    def _send_out(self, endpoint: Endpoint) -> _Round:
        courier = Courier(
            endpoint,
            store=self._store,
            sender=self._sender,
            retries=self._retries,
            clock=self._clock,
            rng=self._rng,
            outcomes=self.outcomes,
        )
        return _Round(courier, asyncio.create_task(courier.run(), name=f"webhook {endpoint.id}"))

    async def _dismiss(self, endpoint_ids: Sequence[str]) -> None:
        rounds = [self._rounds.pop(endpoint_id) for endpoint_id in endpoint_ids]
        for round_ in rounds:
            round_.task.cancel()
        ended = await asyncio.gather(*(round_.task for round_ in rounds), return_exceptions=True)
        for round_, error in zip(rounds, ended, strict=True):
            if isinstance(error, Exception):
                log.warning("a courier stumbled", endpoint_id=round_.courier.endpoint.id, error=type(error).__name__)
            with contextlib.suppress(PersistenceError):
                await round_.courier.settle()

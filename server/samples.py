"""Where the figures of `/metrics` come from: one method for each part of the server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from signaling.counters import Counters
from signaling.rooms import Registry

from persistence.store import Store
from server.api.dispatch import ApiDispatch
from server.metrics import Sample
from sfu.fleet import Fleet

WORKER_GAUGES = ("cpu", "rooms", "transports", "producers", "consumers")
WORKER_COUNTERS = ("packets_in", "packets_out")


class Samples:
    def __init__(self, store: Store, fleet: Fleet, registry: Registry, signaling: Counters, http: ApiDispatch) -> None:
        self._store = store
        self._fleet = fleet
        self._registry = registry
        self._signaling = signaling
        self._http = http

    def take(self) -> Iterable[Sample]:
        yield from self._record()
        yield from self._rooms()
        yield from self._workers()
        yield from self._requests()

    def _record(self) -> Iterator[Sample]:
        for name, value in self._store.metrics().items():
            counter = name.endswith("_total")
            kind = "counter" if counter else "gauge"
            yield (f"folkmoot_{name.removesuffix('_total')}", kind, _words(name), {(): value}, ())

    def _rooms(self) -> Iterator[Sample]:
        rooms = self._registry.snapshot()
        people = sum(len(room["participants"]) for room in rooms)
        yield ("folkmoot_rooms", "gauge", "Rooms that are live", {(): len(rooms)}, ())
        yield ("folkmoot_participants", "gauge", "People in rooms", {(): people}, ())

    def _workers(self) -> Iterator[Sample]:
        loads = {str(worker["index"]): worker["load"] for worker in self._fleet.workers() if worker["load"]}
        for name in WORKER_GAUGES:
            values: Mapping[tuple[str, ...], float] = {(index,): load[name] for index, load in loads.items()}
            yield (f"folkmoot_worker_{name}", "gauge", f"Worker: {_words(name)}", values, ("worker",))
        for name in WORKER_COUNTERS:
            values = {(index,): load[name] for index, load in loads.items()}
            yield (f"folkmoot_worker_{name}", "counter", f"Worker: {_words(name)}", values, ("worker",))
        drops = {(index, reason): n for index, load in loads.items() for reason, n in load["drops"].items()}
        yield ("folkmoot_worker_drops", "counter", "Datagrams dropped, by reason", drops, ("worker", "reason"))
        restarts = {(str(worker["index"]),): worker["restarts"] for worker in self._fleet.workers()}
        yield ("folkmoot_worker_restarts", "counter", "Workers replaced", restarts, ("worker",))

    def _requests(self) -> Iterator[Sample]:
        signaling = self._signaling
        yield ("folkmoot_requests", "counter", "Signaling requests", signaling.requests, ("event", "outcome"))
        refused = {(reason,): n for reason, n in signaling.refused.items()}
        yield ("folkmoot_signaling_refused", "counter", "Connections and messages refused", refused, ("reason",))
        answers = Counter({(m, path, str(status)): n for (m, path, status), n in self._http.answers.items()})
        yield ("folkmoot_http_answers", "counter", "API answers", answers, ("method", "route", "status"))


def _words(name: str) -> str:
    return name.removesuffix("_total").replace("_", " ")

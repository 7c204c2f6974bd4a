"""Where the figures of `/metrics` come from: one method for each part of the server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

from persistence.store import Store
from server.api.dispatch import ApiDispatch
from server.metrics import Distribution, Sample
from sfu.fleet import Fleet
from signaling.counters import Counters
from signaling.rooms import Registry

WORKER_GAUGES: Final = ("cpu", "packet_rate", "rooms", "transports", "producers", "consumers")
WORKER_COUNTERS: Final = (
    "packets_in",
    "packets_out",
    "bytes_in",
    "bytes_out",
    "nacks_sent",
    "nacks_received",
    "keyframe_requests_sent",
    "keyframe_requests_received",
)


class Samples:
    def __init__(self, store: Store, fleet: Fleet, registry: Registry, signaling: Counters, http: ApiDispatch) -> None:
        self._store = store
        self._fleet = fleet
        self._registry = registry
        self._signaling = signaling
        self._http = http

    def take(self) -> Iterable[Sample | Distribution]:
        yield from self._record()
        yield from self._rooms()
        yield from self._workers()
        yield from self._requests()

    def _record(self) -> Iterator[Sample | Distribution]:
        measures = self._store.measures()
        for name, value in measures.plain.items():
            kind: Literal["counter", "gauge"] = "counter" if name.endswith("_total") else "gauge"
            yield Sample(f"folkmoot_{name.removesuffix('_total')}", kind, _words(name), {(): value})
        for name, labelled in measures.labelled.items():
            values = {(value,): count for value, count in labelled.counts.items()}
            short = name.removesuffix("_total")
            yield Sample(
                f"folkmoot_{short}", "counter", f"{_words(name)}, by {labelled.label}", values, (labelled.label,)
            )
        for name, found in measures.histograms.items():
            yield Distribution(f"folkmoot_{name}", _words(name), found.bounds, found.counts, found.sum)

    def _rooms(self) -> Iterator[Sample]:
        rooms = self._registry.counts()
        people = sum(room["participants"] for room in rooms)
        yield Sample("folkmoot_rooms", "gauge", "Rooms that are live", {(): len(rooms)})
        yield Sample("folkmoot_participants", "gauge", "People in rooms", {(): people})

    def _workers(self) -> Iterator[Sample]:
        workers = self._fleet.workers()
        loads = {str(worker["index"]): worker["load"] for worker in workers if worker["load"]}
        for name in (*WORKER_GAUGES, *WORKER_COUNTERS):
            kind: Literal["counter", "gauge"] = "counter" if name in WORKER_COUNTERS else "gauge"
            values = {(index,): load[name] for index, load in loads.items()}
            yield Sample(f"folkmoot_worker_{name}", kind, f"Worker: {_words(name)}", values, ("worker",))
        drops = {(index, reason): n for index, load in loads.items() for reason, n in load["drops"].items()}
        yield Sample("folkmoot_worker_drops", "counter", "Datagrams dropped, by reason", drops, ("worker", "reason"))
        restarts = {(str(worker["index"]),): worker["restarts"] for worker in workers}
        yield Sample("folkmoot_worker_restarts", "counter", "Workers replaced", restarts, ("worker",))

    def _requests(self) -> Iterator[Sample]:
        signaling = self._signaling
        yield Sample("folkmoot_requests", "counter", "Signaling requests", signaling.requests, ("event", "outcome"))
        lost = {(kind,): n for kind, n in signaling.facts_dropped.items()}
        yield Sample("folkmoot_facts_dropped", "counter", "Facts that did not reach the record", lost, ("type",))
        recoveries = {(outcome,): n for outcome, n in signaling.recoveries.items()}
        yield Sample("folkmoot_room_recoveries", "counter", "Rooms whose worker died", recoveries, ("outcome",))
        seconds = {(): signaling.recovery_s}
        yield Sample("folkmoot_room_recovery_seconds", "counter", "Time rooms were without a worker", seconds)
        unranked = {(reason,): n for reason, n in signaling.ranks_dropped.items()}
        yield Sample(
            "folkmoot_speaker_ranks_dropped", "counter", "Speakers' cameras not put first", unranked, ("reason",)
        )
        spared = {(): signaling.superseded}
        yield Sample("folkmoot_notifications_superseded", "counter", "Left out, a later one said more", spared)
        refused = {(reason,): n for reason, n in signaling.refused.items()}
        yield Sample("folkmoot_signaling_refused", "counter", "Connections and messages refused", refused, ("reason",))
        answers = {(method, path, str(status)): n for (method, path, status), n in self._http.answers.items()}
        streaming = self._http.streaming
        yield Sample("folkmoot_streams", "gauge", "Event streams that are open", {(): streaming.open})
        ended = {(reason,): n for reason, n in streaming.ended.items()}
        yield Sample("folkmoot_streams_ended", "counter", "Event streams that ended", ended, ("reason",))
        yield Sample("folkmoot_http_answers", "counter", "API answers", answers, ("method", "route", "status"))


def _words(name: str) -> str:
    return name.removesuffix("_total").replace("_", " ")

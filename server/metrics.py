"""`/metrics` for Prometheus: a snapshot of what the parts count, taken when asked.

Labels are event names, routes, codes and worker indices, never people or meetings: the number of series stays bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector


@dataclass(frozen=True)
class Sample:
    """One metric: `values` by the values of its `labels`, in the order of their names."""

    name: str
    kind: Literal["counter", "gauge"]
    text: str
    values: Mapping[Any, float]  # keys are tuples as long as `labels`
    labels: tuple[str, ...] = ()

    def family(self) -> Metric:
        make = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family = make(self.name, self.text, labels=self.labels)
        for label_values, value in self.values.items():
            family.add_metric(label_values, value)
        return family


@dataclass(frozen=True)
class Distribution:
    """Durations in seconds: how many took at most each of `bounds`, and in the last of `counts` how many longer."""

    name: str
    text: str
    bounds: Sequence[float]
    counts: Sequence[int]
    sum: float

    def family(self) -> Metric:
        reached = list(accumulate(self.counts))
        buckets = [(str(bound), float(count)) for bound, count in zip((*self.bounds, "+Inf"), reached, strict=True)]
        return HistogramMetricFamily(self.name, self.text, buckets=buckets, sum_value=self.sum)


class Snapshot(Collector):
    """Asks every source for its samples at scrape time."""

    def __init__(self, sources: list[Callable[[], Iterable[Sample | Distribution]]]) -> None:
        self._sources = sources

    def collect(self) -> Iterable[Metric]:
        for source in self._sources:
            for sample in source():
                yield sample.family()


class Metrics:
    def __init__(self, sources: list[Callable[[], Iterable[Sample | Distribution]]]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(Snapshot(sources))

    def mount(self, app: web.Application) -> None:
        app.router.add_get("/metrics", self.metrics)

    async def metrics(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(self._registry),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

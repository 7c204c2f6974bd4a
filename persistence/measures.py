"""What the record tells about itself, free of any exporter's types (EVT-10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .histogram import Histogram


@dataclass(frozen=True, slots=True)
class Labelled:
    """Counters that differ in the value of one label."""

    label: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Measures:
    """By name, without the prefix of the exporter. Of `plain` those that end in `_total` only grow."""

    plain: dict[str, float]
    labelled: dict[str, Labelled]
    histograms: dict[str, Histogram]

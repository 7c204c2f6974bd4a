"""What the writer counts (EVT-10)."""

from __future__ import annotations

from dataclasses import dataclass, field

from .batch import Outcome
from .histogram import Histogram


@dataclass(slots=True)
class WriterMetrics:
    """Counters since the start. `retries` are transient database faults, `stumbles` everything nobody foresaw."""

    stored: int = 0
    duplicates: int = 0
    set_aside: int = 0
    retries: int = 0
    stumbles: int = 0
    batches: Histogram = field(default_factory=Histogram)

    def observe(self, outcome: Outcome, seconds: float) -> None:
        """One batch, from reading it to its commit, tries included."""
        self.stored += outcome.stored
        self.duplicates += outcome.duplicates
        self.set_aside += outcome.set_aside
        self.batches.observe(seconds)

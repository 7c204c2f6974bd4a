"""What the writer counts (EVT-10)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class WriterMetrics:
    """Counters since the start. `retries` are transient database faults, `stumbles` everything nobody foresaw."""

    stored: int = 0
    duplicates: int = 0
    set_aside: int = 0
    retries: int = 0
    stumbles: int = 0
    batches: int = 0
    batch_seconds: float = 0.0
    last_batch_s: float = 0.0

    def observe_batch(self, seconds: float) -> None:
        self.batches += 1
        self.batch_seconds += seconds
        self.last_batch_s = seconds

"""How the record of meetings is written (REQUIREMENTS EVT-4, EVT-6)."""

from __future__ import annotations

from pydantic import Field

from config.section import Section


class RecordSettings(Section):
    """Events are durable in the journal before anybody is answered; all of this is about their way to the database."""

    batch_events: int = Field(4000, ge=1, le=10_000)
    batch_delay_s: float = Field(0.25, ge=0, le=60)
    slice_events: int = Field(100, ge=1, le=10_000)
    transaction_timeout_s: float = Field(30.0, gt=0)
    retry_base_s: float = Field(0.1, gt=0)
    retry_cap_s: float = Field(5.0, gt=0)
    read_wait_s: float = Field(5.0, gt=0)
    behind_after_s: float = Field(10.0, gt=0)
    journal_max_bytes: int = Field(512 << 20, ge=8 << 20)

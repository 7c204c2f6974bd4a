"""What a projection works with: the transaction, and a note of which totals its change affects."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(slots=True)
class Tally:
    """Events of one type in one meeting."""

    total: int
    first_at: datetime
    last_at: datetime


@dataclass(slots=True)
class Scope:
    """One batch. Totals are derived from rows once at its end, whatever order its events came in.

    `lifecycles` holds meetings that started or ended, `crowds` meetings whose people changed, `people` pairs of
    meeting and user that came or went. `states` are rows to add, `tallies` counts by meeting and type to add up: once a
    batch, and not statement by statement.
    """

    connection: AsyncConnection
    lifecycles: set[str] = field(default_factory=set)
    crowds: set[str] = field(default_factory=set)
    people: set[tuple[str, str]] = field(default_factory=set)
    states: list[dict[str, Any]] = field(default_factory=list)
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)

"""What a projection works with: the transaction, and a note of which totals its change affects."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from persistence.dialect import Write
from persistence.many_rows import put_rows


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
    meeting and user that came or went, `stays` pairs of meeting and participant, `tallies` counts by meeting and
    type to add up, `acts` those by meeting, participant and type, `figured` meetings whose figures may be others.
    """

    connection: AsyncConnection
    lifecycles: set[str] = field(default_factory=set)
    crowds: set[str] = field(default_factory=set)
    people: set[tuple[str, str]] = field(default_factory=set)
    stays: set[tuple[str, str]] = field(default_factory=set)
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    acts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    figured: set[str] = field(default_factory=set)
    _writes: dict[Write, list[dict[str, Any]]] = field(default_factory=dict)

    def write(self, statement: Write, **row: Any) -> None:
        """Execute a statement with this row, together with all others of the batch that it is given.

        Making a statement costs fifty times what one more row of it does.
        """
        self._writes.setdefault(statement, []).append(row)

    async def flush(self) -> None:
        """What was written is there afterwards."""
        writes, self._writes = self._writes, {}
        for statement, rows in writes.items():
            await put_rows(self.connection, statement, rows)

"""How often what happened, into `meeting_counters`.

The one sum that is counted up: an event is projected when it is new, in the transaction that logs it, so no repetition
can bend it, and order does not matter to a count.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import case

from persistence.dialect import Insert, insert_for
from persistence.events import Event
from persistence.tables import MeetingCounterRow as Counter

from .registry import Projection, rows_of
from .scope import Scope, Tally

COUNTERS = Projection("counters", rows_of(Counter))


@COUNTERS.of_each
def happened(scope: Scope, event: Event) -> None:
    key = (event.meeting_id, event.type)
    tally = scope.tallies.get(key)
    if tally is None:
        scope.tallies[key] = Tally(1, event.timestamp, event.timestamp)
    else:
        tally.total += 1
        tally.first_at = min(tally.first_at, event.timestamp)
        tally.last_at = max(tally.last_at, event.timestamp)


async def add_up(scope: Scope) -> None:
    rows = [
        {"meeting_id": meeting_id, "type": kind, "total": t.total, "first_at": t.first_at, "last_at": t.last_at}
        for (meeting_id, kind), t in sorted(scope.tallies.items(), key=lambda item: item[0])
    ]
    if not rows:
        return
    await scope.connection.execute(_added_up(scope.connection.dialect.name), rows)


@cache
def _added_up(dialect: str) -> Insert:
    counted = insert_for(dialect, Counter)
    given = counted.excluded
    return counted.on_conflict_do_update(
        index_elements=[Counter.meeting_id, Counter.type],
        set_={
            "total": Counter.total + given.total,
            "first_at": case((Counter.first_at < given.first_at, Counter.first_at), else_=given.first_at),
            "last_at": case((Counter.last_at > given.last_at, Counter.last_at), else_=given.last_at),
        },
    )

"""How often what happened, into `meeting_counters`, and who did it how often, into `participant_acts`.

The sums that are counted up: an event is projected when it is new, in the transaction that logs it, so no repetition
can bend it, and order does not matter to a count.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import case

from persistence.dialect import Insert, insert_for
from persistence.engagement import ACTS
from persistence.events import Event
from persistence.many_rows import put_rows
from persistence.tables import MeetingCounterRow as Counter
from persistence.tables import ParticipantActRow as Act

from .registry import Projection
from .scope import Scope, Tally

COUNTERS = Projection("counters", Counter, Act)


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
    if event.type in ACTS and event.participant_id is not None:
        scope.acts[event.meeting_id, event.participant_id, event.type] += 1


async def add_up(scope: Scope) -> None:
    rows = [
        {"meeting_id": meeting_id, "type": kind, "total": t.total, "first_at": t.first_at, "last_at": t.last_at}
        for (meeting_id, kind), t in sorted(scope.tallies.items(), key=lambda item: item[0])
    ]
    acts = [
        {"meeting_id": meeting_id, "participant_id": participant_id, "type": kind, "total": total}
        for (meeting_id, participant_id, kind), total in sorted(scope.acts.items())
    ]
    for statement, counted in ((_added_up, rows), (_done, acts)):
        if counted:
            await put_rows(scope.connection, statement, counted)


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


@cache
def _done(dialect: str) -> Insert:
    counted = insert_for(dialect, Act)
    return counted.on_conflict_do_update(
        index_elements=[Act.meeting_id, Act.participant_id, Act.type],
        set_={"total": Act.total + counted.excluded.total},
    )

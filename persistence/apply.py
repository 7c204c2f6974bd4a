"""One transaction's work: events into the log and, when they are new, into the tables (EVT-3, EVT-4)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from .archived_events import find_archived
from .dialect import Insert, insert_for
from .events import Event
from .late_events import without_erased
from .log_rows import EVENT_COLUMNS, add_rows, row_of
from .projections import Scope, project, refresh_totals
from .tables import LogHeadRow, MeetingLogRow, MeetingRow

_EVENTS_AT_ONCE: Final = 100
"""Projecting keeps the loop: whoever emits gets a turn in between."""

# Statements are made once: making one anew takes longer than executing it.
_LOCK: Final = (
    select(MeetingRow.id, MeetingRow.last_sequence, MeetingRow.archived_through)
    .where(MeetingRow.id.in_(bindparam("ids", expanding=True)))
    .order_by(MeetingRow.id)
    .with_for_update()
)
_STORED: Final = select(*EVENT_COLUMNS).where(MeetingLogRow.event_id.in_(bindparam("ids", expanding=True)))
_TAKE_PLACES: Final = (
    update(LogHeadRow).values(position=LogHeadRow.position + bindparam("taken")).returning(LogHeadRow.position)
)
_KEEP_SEQUENCE: Final = (
    update(MeetingRow).where(MeetingRow.id == bindparam("meeting")).values(last_sequence=bindparam("last"))
)


@dataclass(frozen=True, slots=True)
class Applied:
    """How many events of a batch were new, how many had been stored before, and those whose id had another body."""

    stored: int = 0
    duplicates: int = 0
    conflicts: Sequence[Event] = ()


async def apply(connection: AsyncConnection, events: Sequence[Event], *, now: datetime) -> Applied:
    """Store what is new, in the order given."""
    if not events:
        return Applied()
    sequences, cut = await _lock_meetings(connection, {event.meeting_id for event in events}, now)
    archived = await find_archived(connection, [event for event in events if event.meeting_id in cut])
    stripped = await without_erased(connection, events)
    new, conflicting = _keep_new(stripped, await find_stored(connection, events), archived)
    came_as = {id(event): original for event, original in zip(stripped, events, strict=True)}
    conflicts = [came_as[id(event)] for event in conflicting]
    if new:
        rows = []
        for position, event in enumerate(new, await _take_places(connection, len(new))):
            sequences[event.meeting_id] += 1
            sequence = sequences[event.meeting_id]
            rows.append(row_of(event, sequence=sequence, position=position, recorded_at=now))
        await add_rows(connection, rows)
        await _keep_sequences(connection, {event.meeting_id: sequences[event.meeting_id] for event in new})
        scope = Scope(connection)
        for number, event in enumerate(new, 1):
            await project(scope, event)
            if number % _EVENTS_AT_ONCE == 0:
                await asyncio.sleep(0)
        await refresh_totals(scope)
    return Applied(len(new), len(events) - len(new) - len(conflicts), conflicts)


async def _lock_meetings(connection: AsyncConnection, ids: set[str], now: datetime) -> tuple[dict[str, int], set[str]]:
    """Make parents that are missing (EVT-5), then hold each meeting's row: nobody else numbers its events meanwhile.

    Answers the last number of each, and those whose log is not whole any more.
    """
    parents = [
        {"id": meeting_id, "title": "", "is_placeholder": True, "created_at": now, "updated_at": now}
        for meeting_id in sorted(ids)
    ]
    await connection.execute(_parents(connection.dialect.name), parents)
    locked = (await connection.execute(_LOCK, {"ids": sorted(ids)})).all()
    return {row.id: row.last_sequence for row in locked}, {row.id for row in locked if row.archived_through}


@cache
def _parents(dialect: str) -> Insert:
    return insert_for(dialect, MeetingRow).on_conflict_do_nothing()


async def find_stored(connection: AsyncConnection, events: Sequence[Event]) -> dict[str, Event]:
    """Those of the ids that are in the log, each with the event that is there."""
    found = await connection.execute(_STORED, {"ids": list({event.event_id for event in events})})
    return {row.event_id: Event.parse(dict(row._mapping)) for row in found}  # noqa: SLF001 - SQLAlchemy's public name


def _keep_new(
    events: Sequence[Event], stored: dict[str, Event], archived: Collection[str]
) -> tuple[list[Event], list[Event]]:
    """The new ones, and those that came with another's id. The first with an id is the one that counts.

    What was archived is neither, whatever it says now: its body is in a file.
    """
    seen = dict(stored)
    new, conflicts = [], []
    for event in events:
        if event.event_id in archived:
            continue
        if event.event_id not in seen:
            seen[event.event_id] = event
            new.append(event)
        elif seen[event.event_id] != event:
            conflicts.append(event)
    return new, conflicts


async def _take_places(connection: AsyncConnection, count: int) -> int:
    """The first of so many in the log of all meetings. The head's row stays locked until the commit: places appear in
    their order.
    """
    head: int = (await connection.execute(_TAKE_PLACES, {"taken": count})).scalar_one()
    return head - count + 1


async def _keep_sequences(connection: AsyncConnection, sequences: dict[str, int]) -> None:
    await connection.execute(
        _KEEP_SEQUENCE,
        [{"meeting": meeting_id, "last": last} for meeting_id, last in sorted(sequences.items())],
    )

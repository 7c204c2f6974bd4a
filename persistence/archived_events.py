"""Which events were archived: they are known by their ids alone, as their bodies are in files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from .events import Event
from .tables import ArchivedEventRow

_AT_ONCE: Final = 1_000


async def find_archived(connection: AsyncConnection, events: Iterable[Event]) -> set[str]:
    """Those of the ids that have left the log."""
    ids = {UUID(event.event_id).bytes: event.event_id for event in events}
    if not ids:
        return set()
    found = await connection.scalars(select(ArchivedEventRow.id).where(ArchivedEventRow.id.in_(ids)))
    return {ids[one] for one in found}


async def note_archived(connection: AsyncConnection, event_ids: Iterable[str]) -> None:
    rows = [{"id": UUID(event_id).bytes} for event_id in event_ids]
    for begin in range(0, len(rows), _AT_ONCE):
        await connection.execute(insert(ArchivedEventRow), rows[begin : begin + _AT_ONCE])

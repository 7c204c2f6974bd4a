"""Sets aside what cannot be applied (EVT-4), so that it delays nothing and is lost to nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from .dialect import insert_into
from .journal_entry import Entry
from .tables import FailedEventRow

_ERROR_LENGTH: Final = 2000

log = structlog.get_logger(__name__)


async def set_aside(connection: AsyncConnection, entry: Entry, error: str, *, now: datetime) -> None:
    """Keep the whole event with the reason, once however often it is tried."""
    facts = entry.facts
    await connection.execute(
        insert_into(connection, FailedEventRow).on_conflict_do_nothing(),
        {
            "id": entry.id,
            "event_id": _short(facts.get("event_id")),
            "meeting_id": _short(facts.get("meeting_id")),
            "type": _short(facts.get("type")),
            "body": entry.body.replace("\x00", ""),
            "error": error.replace("\x00", "")[:_ERROR_LENGTH],
            "failed_at": now,
        },
    )
    log.error("event set aside", entry=entry.id, type=_short(facts.get("type")), error=error[:200])


def _short(value: object) -> str | None:
    return value.replace("\x00", "")[:64] if isinstance(value, str) else None

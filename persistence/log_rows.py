"""New rows of the log, in the fastest way each database has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from .events import Event
from .tables import MeetingLogRow

ROWS_AT_ONCE: Final = 250
"""Preparing rows keeps the loop: whoever emits gets a turn in between."""

COPY_FROM: Final = 50
"""Fewer rows are sooner there without the two steps that COPY takes more."""

log = structlog.get_logger(__name__)

EVENT_COLUMNS: Final = tuple(getattr(MeetingLogRow, name) for name in Event.model_fields)
"""What of a row is the event itself, and not what was added when it was stored."""

_COLUMNS: Final = tuple(column.name for column in MeetingLogRow.__table__.columns)
_INSERT: Final = insert(MeetingLogRow)


def row_of(event: Event, *, sequence: int, position: int, recorded_at: datetime) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "meeting_id": event.meeting_id,
        "sequence": sequence,
        "position": position,
        "type": event.type,
        "participant_id": event.participant_id,
        "timestamp": event.timestamp,
        "payload": event.payload,
        "recorded_at": recorded_at,
    }


async def add_rows(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """All of them, or the error of one: an id that is there already is the caller's business to know."""
    if connection.dialect.name == "postgresql" and len(rows) >= COPY_FROM and await _copy(connection, rows):
        return
    for some in _parts(rows):
        told = [row | {"payload": row["payload"].model_dump(mode="json")} for row in some]
        await connection.execute(_INSERT, told)


async def _copy(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> bool:
    """COPY takes two thirds of the time of INSERT. False, with nothing done, when one of the rows cannot be added.

    The driver is asked behind SQLAlchemy's back, which so neither knows nor counts its errors: INSERT is left to say
    what is wrong.
    """
    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        async with connection.begin_nested():
            for some in _parts(rows):
                await driver.copy_records_to_table(
                    MeetingLogRow.__tablename__, columns=_COLUMNS, records=list(map(_record, some))
                )
    except DBAPIError:  # of the savepoint: the connection is gone
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is asked again in a way that tells
        log.info("the log takes no copy of a batch", error=type(error).__name__, events=len(rows))
        return False
    return True


def _record(row: dict[str, Any]) -> tuple[Any, ...]:
    # JSON as text, as SQLAlchemy gives it to the driver.
    return tuple(row["payload"].model_dump_json() if name == "payload" else row[name] for name in _COLUMNS)


def _parts(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[begin : begin + ROWS_AT_ONCE]

"""When a meeting is to begin and end (MGT-1, MGT-16)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BeforeValidator, WithJsonSchema

_MOST_CHARACTERS: Final = 40


class Schedule(NamedTuple):
    """Of one meeting; either time may be open."""

    meeting_id: str
    start: datetime | None
    end: datetime | None


def _read(value: Any) -> datetime:
    if not isinstance(value, str) or len(value) > _MOST_CHARACTERS:
        raise ValueError("must be a time such as 2030-01-01T12:00:00Z")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("must say its offset from UTC")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is beyond all calendars") from error


Moment = Annotated[datetime, BeforeValidator(_read), WithJsonSchema({"type": "string", "format": "date-time"})]
"""A time that somebody set, with its offset from UTC; kept as it is in UTC."""


def check_order(start: datetime | None, end: datetime | None) -> None:
    """Raises ValueError."""
    if start is not None and end is not None and end <= start:
        raise ValueError("scheduled_end_time: must be after scheduled_start_time")

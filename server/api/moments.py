"""Moments as they come from outside."""

from __future__ import annotations

from datetime import UTC, datetime


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError at the ends of the calendar, where there is none."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no such moment in UTC") from error

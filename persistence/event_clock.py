"""The times of events: what happens later is later in the record, whatever becomes of the system's clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from .journal_entry import Entry

_STEP: Final = timedelta(microseconds=1)

BELIEVED_AHEAD: Final = timedelta(days=1)
"""A clock that was further ahead than that was wrong, and a start is the time to mend it."""

REPORTED: Final = "client."
"""Events of these types have the time of a client's clock."""


class EventClock:
    """While the system's clock is behind what was given before, as after it was set back, time goes on in the smallest
    steps.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._last: datetime | None = None

    def resume(self, moments: Iterable[datetime]) -> None:
        """Go on after these, which were given before the start."""
        believed = self._clock() + BELIEVED_AHEAD
        self._last = max((moment for moment in moments if moment <= believed), default=self._last)

    def next(self) -> datetime:
        """Later than any given before."""
        now = self._clock()
        self._last = now if self._last is None else max(now, self._last + _STEP)
        return self._last

    def now(self) -> datetime:
        """Not before any that was given."""
        now = self._clock()
        return now if self._last is None else max(now, self._last)


def moments_of(entries: Iterable[Entry]) -> Iterable[datetime]:
    """When those that were not reported by a client happened."""
    return (entry.event.timestamp for entry in entries if entry.event and not entry.event.type.startswith(REPORTED))

"""How far the record must have come before a question about one meeting is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

MANY: Final = 4096
"""Meetings remembered before those that are long in the database are forgotten."""


class CatchUp(Protocol):
    async def __call__(self, meeting_id: str | None = None) -> None:
        """Returns once all that was durable before the call is in the database, or all about that meeting."""
        ...


class LastFacts:
    """Where in the journal the last fact of each meeting lies, as long as that may not be in the database.

    A meeting that nothing has happened in of late need not wait for what happens in others. `begun_at` is where the
    journal ended when it was opened: of what lies before, nothing is known by meeting. `applied` answers up to where
    the database has it.
    """

    def __init__(self, begun_at: int, *, applied: Callable[[], int]) -> None:
        self._begun_at = begun_at
        self._applied = applied
        self._many = MANY
        self._last: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._last)

    def note(self, meeting_id: str, position: int) -> None:
        """A fact of that meeting is durable, and ends there."""
        self._last[meeting_id] = max(position, self._last.get(meeting_id, 0))
        if len(self._last) > self._many:
            applied = self._applied()
            self._last = {meeting: end for meeting, end in self._last.items() if end > applied}
            # Those that are left wait for the database: looking through them again each time would help nobody.
            self._many = max(MANY, 2 * len(self._last))

    def position(self, meeting_id: str) -> int:
        """Once the journal is applied up to here, all that is known of the meeting is in the database."""
        return max(self._begun_at, self._last.get(meeting_id, 0))

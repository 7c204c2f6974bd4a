"""How far the database is behind the journal, in time."""

from __future__ import annotations

from collections import deque
from typing import Final

MARKS: Final = 1024
"""More are never kept: of a long backlog the marks are made coarser, which makes the answer coarser, not wrong."""


class Lag:
    """Remembers when positions became durable until they are applied. Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._marks: deque[tuple[int, float]] = deque()
        self._apart_s = 0.0

    def durable(self, position: int, now: float) -> None:
        """Everything before `position` became durable by `now`."""
        if self._marks and now - self._marks[-1][1] < self._apart_s:
            self._marks[-1] = (position, self._marks[-1][1])
            return
        self._marks.append((position, now))
        if len(self._marks) > MARKS:
            self._coarsen()

    def _coarsen(self) -> None:
        """Of each pair the later position stays with the earlier time: nothing seems younger than it is."""
        marks = list(self._marks)
        self._apart_s = 2 * (marks[-1][1] - marks[0][1]) / len(marks)
        self._marks.clear()
        for earlier, later in zip(marks[::2], [*marks[1::2], marks[-1]], strict=False):
            self._marks.append((later[0], earlier[1]))

    def applied(self, position: int) -> None:
        while self._marks and self._marks[0][0] <= position:
            self._marks.popleft()
        if not self._marks:
            self._apart_s = 0.0

    def seconds(self, now: float) -> float:
        """The age of the oldest that waits, 0 when nothing does."""
        return max(0.0, now - self._marks[0][1]) if self._marks else 0.0

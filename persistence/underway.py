"""Events that the journal has and the database may not have yet, by id."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Final

from .events import Event

MANY: Final = 10_000
"""Events remembered before all are forgotten: a database that is so far behind has to be waited for."""


class Underway:
    """`begun_at` is where the journal ended when it was opened, `applied` answers up to where the database has it.

    Whoever looks for an id waits until the database has everything before `unknown_until`, looks here, and then there:
    what has left here in between is there.
    """

    def __init__(self, begun_at: int, *, applied: Callable[[], int]) -> None:
        self.unknown_until = begun_at
        self._applied = applied
        self._calls: deque[tuple[int, Sequence[Event]]] = deque()
        self._events: dict[str, Event] = {}

    def __len__(self) -> int:
        return len(self._events)

    def keep(self, events: Sequence[Event], end: int) -> None:
        """They are durable, and the journal ends with them there."""
        if len(self._events) + len(events) > MANY:
            self._let_go()
        if len(self._events) + len(events) > MANY:
            self._calls.clear()
            self._events.clear()
            self.unknown_until = end
            return
        self._calls.append((end, events))
        for event in events:
            self._events.setdefault(event.event_id, event)

    def find(self, ids: Collection[str]) -> dict[str, Event]:
        self._let_go()
        return {event_id: self._events[event_id] for event_id in ids if event_id in self._events}

    def _let_go(self) -> None:
        applied = self._applied()
        while self._calls and self._calls[0][0] <= applied:
            for event in self._calls.popleft()[1]:
                self._events.pop(event.event_id, None)

"""Events that the journal has and the database may not have yet: by id, and by where their record begins."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import takewhile
from typing import Final, NamedTuple

from .events import Event

MANY: Final = 10_000
"""Events remembered before all are forgotten: a database that is so far behind has to be waited for."""


class Call(NamedTuple):
    """The events of one record, and where it ends."""

    events: Sequence[Event]
    end: int


class Underway:
    """`begun_at` is where the journal ended when it was opened, `applied` answers up to where the database has it.

    Whoever looks for an id waits until the database has everything before `unknown_until`, looks here, and then there:
    what has left here in between is there. The writer finds here what it need not read back from the journal.
    """

    def __init__(self, begun_at: int, *, applied: Callable[[], int]) -> None:
        self.unknown_until = begun_at
        self._applied = applied
        self._calls: dict[int, Call] = {}
        self._events: dict[str, Event] = {}

    def __len__(self) -> int:
        return len(self._events)

    def keep(self, events: Sequence[Event], begin: int, end: int) -> None:
        """They are durable, in the record from `begin` to `end`, which is behind all that were kept before."""
        if len(self._events) + len(events) > MANY:
            self._let_go()
        if len(self._events) + len(events) > MANY:
            self._calls.clear()
            self._events.clear()
            self.unknown_until = end
            return
        self._calls[begin] = Call(events, end)
        for event in events:
            self._events.setdefault(event.event_id, event)

    def at(self, position: int) -> Call | None:
        """What was kept of the record that begins there. None does not mean that there is none."""
        return self._calls.get(position)

    def find(self, ids: Collection[str]) -> dict[str, Event]:
        self._let_go()
        return {event_id: self._events[event_id] for event_id in ids if event_id in self._events}

    def _let_go(self) -> None:
        applied = self._applied()
        stored = list(takewhile(lambda kept: kept[1].end <= applied, self._calls.items()))
        for begin, _ in stored:
            for event in self._calls.pop(begin).events:
                self._events.pop(event.event_id, None)

"""Events that were made elsewhere and come with an id of their own (EVT-3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from sqlalchemy.ext.asyncio import AsyncEngine

from .apply import find_stored
from .archived_events import find_archived
from .claims import Claims
from .database import translated
from .emitter import Emitter
from .errors import InvalidEventError
from .events import Event
from .histogram import Histogram
from .underway import Underway


@dataclass(frozen=True, slots=True)
class Rejected:
    """One event that was not taken. `event_id` is what it called itself, None where that is no short text."""

    event_id: str | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the events of one call: each was stored now, was stored before, or is named in `rejected`."""

    accepted: int
    duplicates: int
    rejected: list[Rejected]


Refuse = Callable[[Event], tuple[str, str] | None]
"""The code and message an event is refused with, None where its sender may send it."""

_ID_LENGTH = 64


class Ingest:
    """Judges each event alone, and vouches for those it accepted only once they are durable.

    An id is looked for among the events on their way and then in the database, and another call that brings the same
    one waits until this one is done: nobody puts it into the journal between the look and the append. Two nodes given
    one id with two bodies at the same moment can both accept it; the second to be applied is set aside in
    `failed_events`.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        emitter: Emitter,
        *,
        underway: Underway,
        applied: Callable[[int], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._emitter = emitter
        self._underway = underway
        self._applied = applied
        self._claims = Claims()
        self.accepted = 0
        self.duplicates = 0
        self.rejected: Counter[str] = Counter()
        self.latency = Histogram()

    async def take(self, raw: Sequence[object], *, refuse: Refuse) -> Taken:
        """Raises `UnavailableError` when nothing new was acknowledged: the same call may be made again."""
        began = perf_counter()
        rejected: list[Rejected] = []
        valid: list[tuple[object, Event]] = []
        for item in raw:
            try:
                event = Event.parse(item)
            except InvalidEventError as error:
                rejected.append(Rejected(_named(item), error.code, str(error)))
                continue
            if (refusal := refuse(event)) is not None:
                rejected.append(Rejected(_named(item), *refusal))
            else:
                valid.append((item, event))
        async with self._claims.hold([event.event_id for _, event in valid]):
            known, archived = await self._known([event for _, event in valid])
            new, duplicates = [], 0
            for item, event in valid:
                if event.event_id in archived:
                    duplicates += 1
                elif event.event_id not in known:
                    known[event.event_id] = event
                    new.append(event)
                elif known[event.event_id] == event:
                    duplicates += 1
                else:
                    message = "this event_id is stored with another body"
                    rejected.append(Rejected(_named(item), "CONFLICT", message))
            await self._emitter.deliver(new)
        taken = Taken(len(new), duplicates, rejected)
        self._count(taken)
        self.latency.observe(perf_counter() - began)
        return taken

    async def _known(self, events: Sequence[Event]) -> tuple[dict[str, Event], set[str]]:
        """What is in the log, and the ids of what has left it."""
        if not events:
            return {}, set()
        await self._applied(self._underway.unknown_until)
        known = self._underway.find([event.event_id for event in events])
        rest = [event for event in events if event.event_id not in known]
        if not rest:
            return known, set()
        async with translated(), self._engine.connect() as connection:
            known |= await find_stored(connection, rest)
            return known, await find_archived(connection, rest)

    def _count(self, taken: Taken) -> None:
        self.accepted += taken.accepted
        self.duplicates += taken.duplicates
        self.rejected.update(one.code for one in taken.rejected)


def _named(item: object) -> str | None:
    name = item.get("event_id") if isinstance(item, dict) else None
    return name if isinstance(name, str) and len(name) <= _ID_LENGTH else None

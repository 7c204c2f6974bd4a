"""Where lifecycle facts become events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from .errors import InvalidEventError
from .events import Event, Payload
from .journal import Journal
from .journal_entry import encode_events


class Emitter:
    """Gives facts an id and a time and makes them durable. Knows nothing of the database."""

    def __init__(self, journal: Journal, *, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._journal = journal
        self._clock = clock
        self._new_id = new_id
        self.emitted = 0

    async def emit(
        self, meeting_id: str, *facts: Payload | tuple[Payload, str | None], participant_id: str | None = None
    ) -> list[Event]:
        """Returns once the facts are synced to disk, in the order given, with nothing of others between them.

        A fact may bring its own actor as `(payload, participant_id)`; the others take the call's. Raises
        `InvalidEventError` for an id or actor that does not fit, `JournalFullError`, `JournalFailedError` or
        `StoreClosedError` when nothing was acknowledged: all facts of a call are kept, or none.
        """
        now = self._clock()
        events = []
        for fact in facts:
            payload, actor = fact if isinstance(fact, tuple) else (fact, participant_id)
            events.append(
                Event.of(payload, event_id=self._new_id(), meeting_id=meeting_id, participant_id=actor, timestamp=now)
            )
        await self.deliver(events)
        return events

    async def deliver(self, events: Sequence[Event]) -> None:
        """The same for events that already have their id. Delivering one again changes nothing (EVT-3)."""
        if not events:
            return
        try:
            await self._journal.append(encode_events(events))
        except ValueError as error:
            raise InvalidEventError("too many events at once, or one too large") from error
        self.emitted += len(events)

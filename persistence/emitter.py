"""Where lifecycle facts become events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter

from .errors import InvalidEventError, JournalFailedError, JournalFullError, StoreClosedError, UnavailableError
from .event_clock import EventClock
from .events import Event, Payload
from .histogram import Histogram
from .journal import Journal
from .journal_entry import encode_events

_REASONS = {JournalFullError: "journal_full", JournalFailedError: "disk", StoreClosedError: "closing"}


class Emitter:
    """Gives facts an id and a time and makes them durable. Knows nothing of the database.

    `latency` is from the call to the sync, of calls that were kept; `refused` counts events of those that were not, by
    reason.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        clock: EventClock,
        new_id: Callable[[], str],
        note: Callable[[str, int], None] = lambda _meeting_id, _position: None,
        kept: Callable[[Sequence[Event], int, int], None] = lambda _events, _begin, _end: None,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._new_id = new_id
        self._note = note
        self._kept = kept
        self.emitted = 0
        self.refused: Counter[str] = Counter()
        self.latency = Histogram()

    async def emit(
        self, meeting_id: str, *facts: Payload | tuple[Payload, str | None], participant_id: str | None = None
    ) -> list[Event]:
        """Returns once the facts are synced to disk, in the order given, with nothing of others between them.

        A fact may bring its own actor as `(payload, participant_id)`; the others take the call's. Raises
        `InvalidEventError` for an id or actor that does not fit, `JournalFullError`, `JournalFailedError` or
        `StoreClosedError` when nothing was acknowledged: all facts of a call are kept, or none.
        """
        events = self.wrap(meeting_id, *facts, participant_id=participant_id)
        if events:
            self._note(meeting_id, await self._keep(events))
        return events

    def wrap(
        self, meeting_id: str, *facts: Payload | tuple[Payload, str | None], participant_id: str | None = None
    ) -> list[Event]:
        """The facts as events of now, for whoever makes them durable. Raises `InvalidEventError`."""
        events = []
        for fact in facts:
            payload, actor = fact if isinstance(fact, tuple) else (fact, participant_id)
            events.append(
                Event.of(
                    payload,
                    event_id=self._new_id(),
                    meeting_id=meeting_id,
                    participant_id=actor,
                    timestamp=self._clock.next(),
                )
            )
        return events

    async def deliver(self, events: Sequence[Event]) -> None:
        """The same for events that already have their id. Delivering one again changes nothing (EVT-3)."""
        if not events:
            return
        position = await self._keep(events)
        for event in events:
            self._note(event.meeting_id, position)

    async def _keep(self, events: Sequence[Event]) -> int:
        """Returns where the journal ends with them."""
        began = perf_counter()
        try:
            position = await self._journal.append(encode_events(events), kept=partial(self._kept, events))
        except ValueError as error:
            self.refused["too_large"] += len(events)
            raise InvalidEventError("too many events at once, or one too large") from error
        except UnavailableError as error:
            self.refused[_REASONS.get(type(error), "unavailable")] += len(events)
            raise
        self.latency.observe(perf_counter() - began)
        self.emitted += len(events)
        return position

"""Between events and journal records. One record holds the events of one call, so a crash keeps all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from .errors import InvalidEventError
from .events import Event
from .journal import Record


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as read back: `event`, or `problem` when this version cannot understand it.

    `id` is its place in the journal, the same however often it is read; `raw` what lies there, bytes if it is no JSON,
    and the event itself where it was never away.
    """

    id: str
    raw: object
    event: Event | None = None
    problem: str | None = None

    @property
    def body(self) -> str:
        """As text, to be kept as it was."""
        if isinstance(self.raw, Event):
            return self.raw.model_dump_json()
        return self.raw.decode(errors="replace") if isinstance(self.raw, bytes) else orjson.dumps(self.raw).decode()

    @property
    def facts(self) -> Mapping[str, object]:
        """What it says about itself, as far as it says anything."""
        raw = self.raw.model_dump(mode="json") if isinstance(self.raw, Event) else self.raw
        return raw if isinstance(raw, dict) else {}


def encode_events(events: Sequence[Event]) -> bytes:
    return b"[" + b",".join(event.model_dump_json().encode() for event in events) + b"]"


def decode_events(record: Record, journal_id: str) -> list[Entry]:
    """Never raises for what is inside: an event that cannot be read becomes an entry with a problem."""
    place = _place(journal_id, record.start)
    try:
        items = orjson.loads(record.body)
    except orjson.JSONDecodeError:
        return [Entry(f"{place}:0", record.body, problem="not JSON")]
    if not isinstance(items, list):
        return [Entry(f"{place}:0", record.body, problem="not a list of events")]
    return [_read(f"{place}:{index}", item) for index, item in enumerate(items)]


def entries_of(events: Sequence[Event], journal_id: str, start: int) -> list[Entry]:
    """What `decode_events` makes of the record that these were encoded into."""
    place = _place(journal_id, start)
    return [Entry(f"{place}:{index}", event, event) for index, event in enumerate(events)]


def _place(journal_id: str, start: int) -> str:
    return f"{journal_id}:{start}"


def _read(place: str, item: object) -> Entry:
    try:
        return Entry(place, item, Event.parse(item))
    except InvalidEventError as error:
        return Entry(place, item, problem=str(error))

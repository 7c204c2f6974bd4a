"""Between events and journal records. One record holds the events of one call, so a crash keeps all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from .errors import InvalidEventError
from .events import Event
from .journal import Record


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as read back: `event`, or `problem` when this version cannot understand it.

    `id` is its place in the journal, the same however often it is read; `raw` what lies there, bytes if it is no JSON.
    """

    id: str
    raw: object
    event: Event | None = None
    problem: str | None = None

    @property
    def body(self) -> str:
        """As text, to be kept as it was."""
        return self.raw.decode(errors="replace") if isinstance(self.raw, bytes) else orjson.dumps(self.raw).decode()


def encode_events(events: Sequence[Event]) -> bytes:
    return b"[" + b",".join(event.model_dump_json().encode() for event in events) + b"]"


def decode_events(record: Record, journal_id: str) -> list[Entry]:
    """Never raises for what is inside: an event that cannot be read becomes an entry with a problem."""
    place = f"{journal_id}:{record.start}"
    try:
        items = orjson.loads(record.body)
    except orjson.JSONDecodeError:
        return [Entry(f"{place}:0", record.body, problem="not JSON")]
    if not isinstance(items, list):
        return [Entry(f"{place}:0", record.body, problem="not a list of events")]
    return [_read(f"{place}:{index}", item) for index, item in enumerate(items)]


def _read(place: str, item: object) -> Entry:
    try:
        return Entry(place, item, Event.parse(item))
    except InvalidEventError as error:
        return Entry(place, item, problem=str(error))

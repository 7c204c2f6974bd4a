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
    """One event as read back: `event`, or `problem` when this version cannot understand it. `body` is its JSON.

    `id` is its place in the journal, the same however often it is read.
    """

    id: str
    body: str
    event: Event | None
    problem: str | None = None
    raw: object = None


def encode_events(events: Sequence[Event]) -> bytes:
    return b"[" + b",".join(event.model_dump_json().encode() for event in events) + b"]"


def decode_events(record: Record, journal_id: str) -> list[Entry]:
    """Never raises for what is inside: an event that cannot be read becomes an entry with a problem."""
    place = f"{journal_id}:{record.start}"
    try:
        items = orjson.loads(record.body)
    except orjson.JSONDecodeError:
        return [Entry(f"{place}:0", record.body.decode(errors="replace"), None, "not JSON")]
    if not isinstance(items, list):
        return [Entry(f"{place}:0", record.body.decode(errors="replace"), None, "not a list of events")]
    return [_read(f"{place}:{index}", item) for index, item in enumerate(items)]


def _read(place: str, item: object) -> Entry:
    body = orjson.dumps(item).decode()
    try:
        return Entry(place, body, Event.parse(item), raw=item)
    except InvalidEventError as error:
        return Entry(place, body, None, str(error), raw=item)

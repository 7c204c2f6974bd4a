"""The record of a meeting to take away (REQUIREMENTS EVT-9)."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncGenerator, Iterable
from typing import Final, Literal

import orjson
from pydantic import Field

from persistence.filters import EventFilter
from persistence.queries import StoredEvent
from persistence.store import Store
from server.api.contract import Call, Route, Streamed
from server.api.errors import ApiError
from server.api.events import FilterQuery
from server.api.record_access import RecordAccess

AT_ONCE: Final = 8
"""Exports under way on a node: each may last as long as its reader likes to take."""
AGAIN_AFTER_S: Final = 5.0

COLUMNS: Final = ("sequence", "timestamp", "type", "participant_id", "event_id", "payload")
_CONTENT_TYPES: Final = {"ndjson": "application/x-ndjson", "csv": "text/csv"}
_FORMULA_SIGNS: Final = tuple("=+-@\t\r\n")


class ExportQuery(FilterQuery):
    format: Literal["ndjson", "csv"] = Field("ndjson")


class ExportsApi:
    def __init__(self, store: Store, access: RecordAccess) -> None:
        self._store = store
        self._access = access
        self._under_way = 0

    def routes(self) -> list[Route]:
        return [
            Route(
                "GET",
                "/api/meetings/{id}/events/export",
                "All events that fit, as NDJSON or CSV",
                self.export,
                StoredEvent,
                query=ExportQuery,
                errors=("ACCESS_DENIED", "NOT_FOUND", "RATE_LIMITED"),
                streams=tuple(_CONTENT_TYPES.values()),
            )
        ]

    async def export(self, call: Call) -> Streamed:
        meeting = await self._access.readable(call)
        query: ExportQuery = call.query
        return Streamed(
            self._parts(meeting.id, query.filter(), query.format),
            _CONTENT_TYPES[query.format],
            f"{meeting.id}-events.{query.format}",
        )

    async def _parts(self, meeting_id: str, wanted: EventFilter, kind: str) -> AsyncGenerator[bytes]:
        if self._under_way >= AT_ONCE:
            raise ApiError("RATE_LIMITED", "Too many exports are under way.", AGAIN_AFTER_S)
        self._under_way += 1
        try:
            if kind == "csv":
                yield _csv([COLUMNS])
            async for page in self._store.queries.all_events(meeting_id, wanted):
                yield _csv(map(_cells, page)) if kind == "csv" else _ndjson(page)
        finally:
            self._under_way -= 1


def _ndjson(events: Iterable[StoredEvent]) -> bytes:
    return b"".join(event.model_dump_json().encode() + b"\n" for event in events)


def _csv(rows: Iterable[Iterable[object]]) -> bytes:
    """RFC 4180."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cells(event: StoredEvent) -> list[object]:
    fields = event.model_dump(mode="json")
    fields["payload"] = orjson.dumps(fields["payload"]).decode()
    return [_harmless(fields[name]) for name in COLUMNS]


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would run as a formula gets a quote before it (OWASP, CSV injection)."""
    if not isinstance(cell, str):
        return cell
    return f"'{cell}" if cell.startswith(_FORMULA_SIGNS) else cell

"""What happened in a meeting, event by event, for those who took part in it (REQUIREMENTS EVT-9)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from persistence.filters import EventFilter
from persistence.queries import EventPage, ParticipantRecord
from persistence.store import Store
from server.api.contract import Answer, Body, Call, Route
from server.api.moments import in_utc
from server.api.record_access import RecordAccess


class FilterQuery(Body):
    """`participant_id` names one stay, `user_id` a person in all of theirs. `from` is the first moment meant

    (RFC 3339), `to` the first that is not.
    """

    type: str | None = Field(None, pattern=r"^[a-z_]+\.[a-z_]+$", max_length=64)
    participant_id: str | None = Field(None, max_length=64)
    user_id: str | None = Field(None, max_length=255)
    since: Annotated[AwareDatetime, AfterValidator(in_utc)] | None = Field(None, alias="from")
    until: Annotated[AwareDatetime, AfterValidator(in_utc)] | None = Field(None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError("to lies before from")
        return self

    def filter(self) -> EventFilter:
        return EventFilter(self.type, self.participant_id, self.user_id, self.since, self.until)


class EventQuery(FilterQuery):
    """`after`: the last `sequence` already seen; `next_after` of a page is the next question's `after`."""

    after: int = Field(0, ge=0)
    limit: int = Field(100, ge=1, le=1000)


class EventCounts(Answer):
    counts: dict[str, int]


class ParticipantRecords(Answer):
    items: list[ParticipantRecord]


class EventsApi:
    def __init__(self, store: Store, access: RecordAccess) -> None:
        self._store = store
        self._access = access

    def routes(self) -> list[Route]:
        errors = ("ACCESS_DENIED", "NOT_FOUND")
        base = "/api/meetings/{id}"
        return [
            Route("GET", f"{base}/events", "Events in order", self.events, EventPage, query=EventQuery, errors=errors),
            Route("GET", f"{base}/events/counts", "Counts by type", self.counts, EventCounts, errors=errors),
            Route(
                "GET", f"{base}/participants", "Who was in, and when", self.people, ParticipantRecords, errors=errors
            ),
        ]

    async def events(self, call: Call) -> EventPage:
        meeting = await self._access.shared(call)
        query: EventQuery = call.query
        return await self._store.queries.events(meeting.id, query.filter(), after=query.after, limit=query.limit)

    async def counts(self, call: Call) -> EventCounts:
        meeting = await self._access.shared(call)
        return EventCounts(counts=await self._store.queries.counts(meeting.id))

    async def people(self, call: Call) -> ParticipantRecords:
        meeting = await self._access.shared(call)
        return ParticipantRecords(items=await self._store.queries.participants(meeting.id))

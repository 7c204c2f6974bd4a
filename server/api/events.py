"""What happened in a meeting, for those who took part in it (REQUIREMENTS EVT-9)."""

from __future__ import annotations

from pydantic import Field

from persistence.queries import EventPage, ParticipantRecord
from persistence.repositories.meetings import Meeting
from persistence.store import Store
from server.api.contract import Answer, Body, Call, Route
from server.api.errors import ApiError
from signaling.identity import Identity
from signaling.roles import Role


class EventQuery(Body):
    """`after`: the last `sequence` already seen; `next_after` of a page is the next question's `after`."""

    type: str | None = Field(None, pattern=r"^[a-z_]+\.[a-z_]+$", max_length=64)
    participant_id: str | None = Field(None, max_length=64)
    after: int = Field(0, ge=0)
    limit: int = Field(100, ge=1, le=1000)


class EventCounts(Answer):
    counts: dict[str, int]


class ParticipantRecords(Answer):
    items: list[ParticipantRecord]


class EventsApi:
    def __init__(self, store: Store) -> None:
        self._store = store

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
        meeting = await self._readable(call)
        query: EventQuery = call.query
        return await self._store.queries.events(
            meeting.id,
            type=query.type,
            participant_id=query.participant_id,
            after=query.after,
            limit=query.limit,
        )

    async def counts(self, call: Call) -> EventCounts:
        meeting = await self._readable(call)
        return EventCounts(counts=await self._store.queries.counts(meeting.id))

    async def people(self, call: Call) -> ParticipantRecords:
        meeting = await self._readable(call)
        return ParticipantRecords(items=await self._store.queries.participants(meeting.id))

    async def _readable(self, call: Call) -> Meeting:
        meeting = await self._store.meetings.get(call.path["id"])
        if meeting is None:
            raise ApiError("NOT_FOUND", "There is no such meeting.")
        if not await self._may_read(call.caller, meeting):
            raise ApiError("ACCESS_DENIED", "Only those who took part may read the record of a meeting.")
        return meeting

    async def _may_read(self, caller: Identity, meeting: Meeting) -> bool:
        if caller.operator:
            return True
        if caller.meeting not in (None, meeting.id):
            return False
        if caller.user_id == meeting.creator_id or (caller.role is Role.HOST and caller.meeting == meeting.id):
            return True
        people = await self._store.queries.participants(meeting.id)
        return any(person.user_id == caller.user_id for person in people)

"""Meetings as one looks back at them (REQUIREMENTS EVT-9, WEB-4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter, ValidationError

from persistence.history import Analytics, PastMeeting, RoomState, Timeline
from persistence.history.past import Place, Wanted
from persistence.store import Store, utc_now
from server.api.contract import Answer, Body, Call, Route
from server.api.errors import ApiError
from server.api.moments import in_utc
from server.api.record_access import RecordAccess

Moment = Annotated[AwareDatetime, AfterValidator(in_utc)]

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)
_CURSOR: Final = re.compile(r"([0-9T:.Z-]{20,32})~([A-Za-z0-9_-]{1,64})")


class HistoryQuery(Body):
    """`before`: where the last page said that the next begins.

    `text`: part of the title; `from` and `to`: between which moments it began.
    """

    before: str | None = Field(None, max_length=128)
    limit: int = Field(25, ge=1, le=100)
    text: str = Field("", max_length=100)
    since: Moment | None = Field(None, alias="from")
    until: Moment | None = Field(None, alias="to")


class PastMeetings(Answer):
    """`next_before` is null when there are no more."""

    items: list[PastMeeting]
    next_before: str | None


class StateQuery(Body):
    """`at`: which moment, RFC 3339."""

    at: Moment


class HistoryApi:
    def __init__(self, store: Store, access: RecordAccess, *, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._access = access
        self._now = now

    def routes(self) -> list[Route]:
        errors = ("ACCESS_DENIED", "NOT_FOUND")
        return [
            Route(
                "GET",
                "/api/history",
                "Meetings you made or were in, the latest first; all of them for operators",
                self.held,
                PastMeetings,
                query=HistoryQuery,
            ),
            Route(
                "GET",
                "/api/meetings/{id}/timeline",
                "A lane for each person, and what happened",
                self.timeline,
                Timeline,
                errors=errors,
            ),
            Route(
                "GET",
                "/api/meetings/{id}/analytics",
                "The meeting and its people in figures",
                self.analytics,
                Analytics,
                errors=errors,
            ),
            Route(
                "GET",
                "/api/meetings/{id}/state",
                "Who was in at a moment, muted, sharing, speaking",
                self.state,
                RoomState,
                query=StateQuery,
                errors=errors,
            ),
        ]

    async def analytics(self, call: Call) -> Analytics:
        meeting = await self._access.readable(call)
        return await self._store.history.analytics(meeting.id, now=self._now())

    async def held(self, call: Call) -> PastMeetings:
        query: HistoryQuery = call.query
        caller = call.caller
        if caller.meeting is not None and not caller.operator:
            raise ApiError("ACCESS_DENIED", "This token is for one meeting.")
        before = _read_cursor(query.before) if query.before is not None else None
        page = await self._store.history.held(
            None if caller.operator else caller.user_id,
            before=before,
            limit=query.limit,
            wanted=Wanted(text=query.text, since=query.since, until=query.until),
        )
        return PastMeetings(items=page.items, next_before=_cursor(page.next_before) if page.next_before else None)

    async def timeline(self, call: Call) -> Timeline:
        meeting = await self._access.shared(call)
        return await self._store.history.timeline(meeting.id)

    async def state(self, call: Call) -> RoomState:
        meeting = await self._access.readable(call)
        query: StateQuery = call.query
        return await self._store.history.state(meeting.id, query.at)


def _cursor(place: Place) -> str:
    return f"{place[0].strftime('%Y-%m-%dT%H:%M:%S.%fZ')}~{place[1]}"


def _read_cursor(text: str) -> Place:
    match = _CURSOR.fullmatch(text)
    try:
        return _MOMENT.validate_python(match.group(1) if match else ""), match.group(2) if match else ""
    except ValidationError:
        raise ApiError("VALIDATION", "before: not what a page ended with") from None

"""What happens, as it happens: all meetings or one, for operators (REQUIREMENTS EVT-12)."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from typing import Annotated, Final

from pydantic import Field, field_validator

from persistence.events import CATALOGUE, MeetingId
from persistence.feed import Feed, PlacedEvent
from persistence.store import Store
from server.api.contract import SERVER_SENT_EVENTS, Access, Body, Call, Route, Streamed
from server.webhooks.selection import PATTERN, choose, unknown_patterns
from signaling.identity import Identity, Revoked

PORTION: Final = 100
KEEP_ALIVE_S: Final = 15.0
RETRY_MS: Final = 2000

Patterns = Annotated[str, Field(max_length=1024, pattern=f"^({PATTERN.pattern})(,({PATTERN.pattern}))*$")]


class StreamQuery(Body):
    """`types`: as webhooks name them, with commas between. Without `after` the stream begins with what comes next.

    `after` is a position in the log of all meetings, in a meeting's own stream a `sequence`; so is the id of each
    event, which a reader that comes back gives as `Last-Event-ID`.
    """

    types: Patterns = "*"
    after: int | None = Field(None, ge=0, lt=2**63)

    @field_validator("types")
    @classmethod
    def known(cls, types: str) -> str:
        if unknown_patterns(types.split(","), CATALOGUE):
            raise ValueError("names a type of event that does not exist")
        return types


class ServerStreamQuery(StreamQuery):
    meeting_id: MeetingId | None = None


class StreamsApi:
    """The log itself is what a reader is behind in, so one who is slow costs a page of events and no more."""

    def __init__(
        self,
        store: Store,
        *,
        revoked: Revoked,
        keep_alive_s: float = KEEP_ALIVE_S,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._revoked = revoked
        self._keep_alive_s = keep_alive_s
        self._wall = wall

    def routes(self) -> list[Route]:
        errors = ("CAPACITY_EXCEEDED", "UNAVAILABLE")
        return [
            Route(
                "GET",
                "/api/events/stream",
                "Events of all meetings, as they happen",
                self.of_all,
                PlacedEvent,
                Access.OPERATOR,
                query=ServerStreamQuery,
                errors=errors,
                streams=(SERVER_SENT_EVENTS,),
            ),
            Route(
                "GET",
                "/api/meetings/{id}/events/stream",
                "Events of one meeting, as they happen",
                self.of_meeting,
                PlacedEvent,
                Access.OPERATOR,
                query=StreamQuery,
                errors=errors,
                streams=(SERVER_SENT_EVENTS,),
            ),
        ]

    async def of_all(self, call: Call) -> Streamed:
        query: ServerStreamQuery = call.query
        after = _asked_for(call, query.after)
        if after is None:
            await self._store.flush()
            after = await self._store.feed.find_head()
        return self._follow(call.caller, query.types, query.meeting_id, after, lambda event: event.position)

    async def of_meeting(self, call: Call) -> Streamed:
        query: StreamQuery = call.query
        meeting_id = call.path["id"]
        await self._store.flush()
        after = await self._store.feed.find_head()
        if (sequence := _asked_for(call, query.after)) is not None and meeting_id.isprintable():
            place = await self._store.feed.place_of(meeting_id, sequence + 1)
            after = after if place is None else place - 1
        return self._follow(call.caller, query.types, meeting_id, after, lambda event: event.sequence)

    def _follow(
        self, caller: Identity, types: str, meeting_id: str | None, after: int, number: Callable[[PlacedEvent], int]
    ) -> Streamed:
        return Streamed(self._pieces(caller, types, meeting_id, after, number))

    async def _pieces(
        self, caller: Identity, types: str, meeting_id: str | None, after: int, number: Callable[[PlacedEvent], int]
    ) -> AsyncGenerator[bytes]:
        feed: Feed = self._store.feed
        chosen = choose(types.split(","), CATALOGUE)
        yield f"retry: {RETRY_MS}\n\n".encode()
        while caller.expires_at > self._wall() and not self._revoked(caller):
            if not await feed.beyond(after, within_s=self._keep_alive_s):
                yield b": nothing new\n\n"
                continue
            stretch = await feed.read(after, types=chosen, meeting_id=meeting_id, limit=PORTION)
            after = stretch.end
            for event in stretch.events:
                yield _piece(event, number(event))


def _asked_for(call: Call, after: int | None) -> int | None:
    """Where to go on; what a reader saw last goes before where it began."""
    last = call.last_event_id or ""
    return int(last) if last.isascii() and last.isdigit() and len(last) < 19 else after


def _piece(event: PlacedEvent, number: int) -> bytes:
    return f"id: {number}\nevent: {event.type}\ndata: {event.model_dump_json()}\n\n".encode()

"""Events that others report: clients what only they know, recorders what they do, operators what they carry over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final

from pydantic import Field

from persistence.events import (
    ClientDeviceFailed,
    ClientMediaFailed,
    ClientNetworkChanged,
    ClientVideoFroze,
    Event,
    RecordingStarted,
    RecordingStopped,
    TranscriptChunk,
    TranscriptionStarted,
    TranscriptionStopped,
)
from persistence.ingest import Refuse
from persistence.store import Store
from server.api.contract import Answer, Body, Call, Rate, Route
from signaling.identity import RECORDER, Identity

MAX_EVENTS: Final = 100

CLIENT_TYPES: Final = frozenset(
    payload.type for payload in (ClientVideoFroze, ClientDeviceFailed, ClientNetworkChanged, ClientMediaFailed)
)
"""What a participant may say."""

RECORDER_TYPES: Final = frozenset(
    payload.type
    for payload in (RecordingStarted, RecordingStopped, TranscriptionStarted, TranscriptionStopped, TranscriptChunk)
)
"""What whoever records or transcribes one meeting may say of it: a token for that meeting with the grant `recorder`.

Every other type is a fact of the server, and only an operator may bring one.
"""


class EventReport(Body):
    """Each event is judged alone, so it is validated one by one and not here."""

    events: Annotated[list[Any], Field(min_length=1, max_length=MAX_EVENTS)]


class EventRejection(Answer):
    event_id: str | None
    code: str
    message: str


class EventVerdicts(Answer):
    """Given once what was accepted is durable."""

    accepted: int
    duplicates: int
    rejected: list[EventRejection]


class ReportsApi:
    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        return [
            Route(
                "POST",
                "/api/meetings/events",
                "Report events; those already stored change nothing",
                self.report,
                EventVerdicts,
                body=EventReport,
                rate=Rate.REPORT,
                errors=("VALIDATION", "UNAVAILABLE"),
            )
        ]

    async def report(self, call: Call) -> EventVerdicts:
        body: EventReport = call.body
        refuse = await self._rule_for(call.caller, body.events)
        taken = await self._store.ingest.take(body.events, refuse=refuse)
        rejected = [EventRejection(event_id=r.event_id, code=r.code, message=r.message) for r in taken.rejected]
        return EventVerdicts(accepted=taken.accepted, duplicates=taken.duplicates, rejected=rejected)

    async def _rule_for(self, caller: Identity, events: list[Any]) -> Refuse:
        if caller.operator:
            return lambda _event: None
        stays = await self._store.queries.stays_of(caller.user_id, _stays_named(events))
        recorded = caller.meeting if caller.holds(RECORDER) else None

        def refuse(event: Event) -> tuple[str, str] | None:
            if event.type in RECORDER_TYPES:
                if event.meeting_id == recorded:
                    return None
                return "ACCESS_DENIED", "Only operators and the meeting's recorder may report events of this type."
            if event.type not in CLIENT_TYPES:
                return "ACCESS_DENIED", "Only operators may report events of this type."
            if caller.meeting not in (None, event.meeting_id) or (event.meeting_id, event.participant_id) not in stays:
                return "ACCESS_DENIED", "You may report only what you saw as a participant of this meeting."
            return None

        return refuse


def _stays_named(events: list[Any]) -> set[tuple[str, str]]:
    named: Iterable[tuple[Any, Any]] = (
        (event.get("meeting_id"), event.get("participant_id")) for event in events if isinstance(event, dict)
    )
    return {pair for pair in named if all(isinstance(name, str) and name.isprintable() for name in pair)}

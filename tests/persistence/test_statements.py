"""What joins, rooms and the writer ask is asked with statements made once: making one takes longer than asking it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.sql.selectable import Select

from persistence.events import HandRaised, MeetingStarted, ParticipantJoined, ParticipantLeft
from persistence.repositories import NewMeeting
from persistence.store import Store


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many statements of which kind were made."""
    counted: Counter[str] = Counter()
    for kind in (Select, Insert, Update, Delete):

        def make(self: Any, *given: Any, _kind: type = kind, _made: Any = kind.__init__, **options: Any) -> None:
            counted[_kind.__name__] += 1
            _made(self, *given, **options)

        monkeypatch.setattr(kind, "__init__", make)
    return counted


async def a_meeting(store: Store, meeting_id: str) -> None:
    """From its making until it is in the database that somebody was in it."""
    await store.meetings.find(meeting_id)
    await store.meetings.create(NewMeeting(id=meeting_id, title="Daily"))
    await store.blocks.of(meeting_id)
    await store.chats.latest(meeting_id, 50)
    await store.polls.of(meeting_id)
    await store.emitter.emit(meeting_id, MeetingStarted(title="Daily"))
    joined = ParticipantJoined(user_id="ada", display_name="Ada", role="host")
    await store.emitter.emit(meeting_id, joined, HandRaised(), participant_id="p")
    await store.emitter.emit(meeting_id, ParticipantLeft(user_id="ada", reason="left"), participant_id="p")
    await store.meetings.get(meeting_id)


async def test_the_second_meeting_makes_no_statement(store: Store, made: Counter[str]) -> None:
    await a_meeting(store, "first")
    made.clear()
    await a_meeting(store, "second")
    assert made == {}
    select(1)
    assert made == {"Select": 1}, "they are counted"

"""Meetings are made once and found again."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from persistence.errors import MeetingExistsError
from persistence.meeting_id import ALPHABET, generate_meeting_id
from persistence.repositories import NewMeeting
from persistence.store import Store


async def test_a_meeting_is_found_as_it_was_made(store: Store) -> None:
    made = await store.meetings.create(
        NewMeeting(title="Zoë's 会议", description="d", creator_id="ann", max_participants=5, guests_allowed=False)
    )
    assert await store.meetings.get(made.id) == made
    assert (made.status, made.revision, made.current_participants_count) == ("Scheduled", 1, 0)


async def test_the_schedules_of_those_asked_for_are_told_in_utc_however_many_they_are(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persistence.repositories.meetings._AT_ONCE", 2)
    noon = datetime(2030, 1, 1, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    for name, times in {
        "whole": {"scheduled_start_time": noon, "scheduled_end_time": noon + hour},
        "open": {"scheduled_end_time": noon},
        "other": {"scheduled_start_time": noon},
        "none": {},
        "not-asked": {"scheduled_start_time": noon},
    }.items():
        made = await store.meetings.create(NewMeeting.model_validate({"id": name, "title": name, **times}))
        assert made == await store.meetings.get(name)
    told = await store.meetings.schedules(["whole", "open", "other", "none", "never-made"])
    assert sorted(told) == [("open", None, noon), ("other", noon, None), ("whole", noon, noon + hour)]
    assert all(time is None or time.tzinfo is UTC for schedule in told for time in schedule[1:])


async def test_an_id_is_given_once_even_to_two_at_a_time(store: Store) -> None:
    made = await asyncio.gather(
        *(store.meetings.create(NewMeeting(id="standup", title=str(n))) for n in range(4)), return_exceptions=True
    )
    refused = [answer for answer in made if isinstance(answer, MeetingExistsError)]
    assert len(refused) == 3
    assert refused[0].code == "CONFLICT"


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "a b"},
        {"id": "x" * 65},
        {"id": ""},
        {"title": "t" * 256},
        {"max_participants": 0},
        {"status": "Completed"},
    ],
    ids=str,
)
def test_what_no_meeting_can_be_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NewMeeting.model_validate({"title": "t", **broken})


def test_codes_are_readable_and_follow_their_random_source() -> None:
    codes = {generate_meeting_id(random.Random(seed)) for seed in range(200)}
    assert len(codes) == 200
    assert all([len(group) for group in code.split("-")] == [4, 4, 4] for code in codes)
    assert {sign for code in codes for sign in code} == {*ALPHABET, "-"}
    assert len(set(ALPHABET)) == 32

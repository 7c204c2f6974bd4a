"""What people made of a meeting is told with the event, and made anew from it like all the rest (EVT-10)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from persistence.database import writing
from persistence.events import MeetingCreated, MeetingSettings, MeetingUpdated, Payload
from persistence.features import Features
from persistence.made_meeting import MadeMeeting
from persistence.repositories.meetings import NewMeeting
from persistence.store import Store
from persistence.tables import MeetingRow

from .story import DAWN
from .test_replay import Replayed, everything, run


def named(title: str) -> MeetingSettings:
    return MeetingSettings(
        title=title,
        description="",
        max_participants=None,
        guests_allowed=True,
        lobby=False,
        features=Features(),
        scheduled_start_time=None,
        scheduled_end_time=DAWN,
    )


FACTS = (
    MeetingCreated(title="a", creator_id="ann", settings=named("a")),
    MeetingUpdated(changed=["title"], revision=2, settings=named("b")),
    MeetingUpdated(changed=["title"], revision=3, settings=named("c")),
)


@pytest.mark.parametrize("projection", ["meetings", None])
async def test_a_meeting_is_made_anew_as_people_made_it(store: Store, projection: str | None) -> None:
    new = NewMeeting(id="m", title="Weekly", creator_id="ann", password_hash="secret", description="At ten")
    await store.meetings.create(new)
    changes = {"title": "Daily", "lobby": True, "features": Features(chat=False).model_dump()}
    await store.meetings.change("m", changes | {"scheduled_end_time": DAWN}, told=["title", "lobby"], revision=1)
    before = await everything(store._engine)
    bent = {"title": "x", "description": "", "creator_id": "eve", "lobby": False, "features": {}, "revision": 7}
    async with writing(store._engine).begin() as connection:
        await connection.execute(update(MeetingRow).values(**bent, guests_allowed=False, scheduled_end_time=None))
    assert await run(store._engine, projections=[projection] if projection else []) == [Replayed("m", 2, 1)]
    assert await everything(store._engine) == before


async def test_the_log_tells_what_was_set_and_no_password(store: Store) -> None:
    await store.meetings.create(NewMeeting(id="m", title="Weekly", password_hash="secret"))
    await store.meetings.change("m", {"password_hash": "hidden", "title": "Daily"}, told=["password"], revision=1)
    created, updated = (await store.queries.events("m")).items
    assert (created.payload["settings"]["title"], updated.payload["settings"]["title"]) == ("Weekly", "Daily")
    assert (updated.payload["changed"], updated.payload["revision"]) == (["password"], 2)
    assert "secret" not in created.model_dump_json()
    assert "hidden" not in updated.model_dump_json()


@given(st.permutations(FACTS))
def test_the_latest_settings_count_in_whatever_order_they_are_told(facts: list[Payload]) -> None:
    made = MadeMeeting()
    for fact in facts:
        made.take(fact)
    assert made.columns["title"] == "c"
    assert (made.columns["revision"], made.columns["creator_id"]) == (3, "ann")


def test_settings_that_an_earlier_server_did_not_tell_are_left_to_the_row() -> None:
    made = MadeMeeting()
    for fact in (*FACTS, MeetingUpdated(changed=["title"], revision=4)):
        made.take(fact)
    assert "title" not in made.columns

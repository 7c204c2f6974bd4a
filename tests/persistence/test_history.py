"""A meeting can be looked back at: second by second, lane by lane, and among all that were held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import delete

from persistence.apply import apply
from persistence.database import create_engine, writing
from persistence.events import (
    AudioMuted,
    AudioUnmuted,
    DominantSpeakerChanged,
    Event,
    HandRaised,
    MeetingEnded,
    MeetingStarted,
    ParticipantDisconnected,
    ParticipantJoined,
    ParticipantLeft,
    RoomLocked,
    ScreenShareStarted,
    TrackAdded,
    TrackRemoved,
)
from persistence.history import History
from persistence.history.past import Wanted
from persistence.migrations import migrate
from persistence.repositories import NewMeeting
from persistence.spans import STATES, clipped, thinned
from persistence.store import Store
from persistence.tables import MeetingRow

from .story import DAWN, event, stories

ON = {"audio.unmuted": "audio", "video.unmuted": "video", "screen_share.started": "screen"}
ON |= {"hand.raised": "hand", "participant.disconnected": "away"}
OFF = {"audio.muted": "audio", "video.muted": "video", "screen_share.stopped": "screen"}
OFF |= {"hand.lowered": "hand", "participant.resumed": "away"}
SENT = {"microphone": "audio", "camera": "video"}


def joined(user: str) -> ParticipantJoined:
    return ParticipantJoined(user_id=user, display_name=user.title(), role="host")


def seconds(number: float) -> datetime:
    return DAWN + timedelta(seconds=number)


def live_through(told: list[Event], at: datetime) -> dict[str, set[str]]:
    """Who was in and what was on, as somebody would find it who was there and looked at every event."""
    present: dict[str, set[str]] = {}
    waiting: dict[str, set[str]] = {}
    for one in told:
        if one.timestamp > at:
            break
        who = one.participant_id or ""
        on = present.get(who, waiting.setdefault(who, set()))
        if one.type == "participant.joined":
            present[who] = on
        elif one.type == "participant.left":
            present.pop(who, None)
        elif one.type == "meeting.ended":
            present.clear()
        elif one.type == "dominant_speaker.changed":
            previous = one.payload.model_dump()["previous"]
            if previous is not None and previous != who:
                present.get(previous, waiting.setdefault(previous, set())).discard("speaking")
            on.add("speaking")
        else:
            switch(on, one)
    return present


def switch(on: set[str], one: Event) -> None:
    if isinstance(one.payload, TrackAdded | TrackRemoved) and one.payload.source in SENT:
        added = isinstance(one.payload, TrackAdded) and not one.payload.paused
        (on.add if added else on.discard)(SENT[one.payload.source])
    elif one.type in ON:
        on.add(ON[one.type])
    elif one.type in OFF:
        on.discard(OFF[one.type])


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=stories())
async def test_every_second_is_as_it_was_for_those_who_were_there(url: str, told: list[Event]) -> None:
    engine = create_engine(url)
    try:
        await migrate(engine)
        async with writing(engine).begin() as connection:
            await connection.execute(delete(MeetingRow))
            await apply(connection, told, now=DAWN)
        history = History(engine, catch_up=_nothing)
        of_m = [one for one in told if one.meeting_id == "m"]
        drawn = await history.timeline("m")
        for one in of_m:
            for moment in (one.timestamp, one.timestamp + timedelta(milliseconds=500)):
                lived = live_through(of_m, moment)
                found = await history.state("m", moment)
                on = {p.participant_id: {state for state in STATES if getattr(p, state)} for p in found.participants}
                assert on == lived
                together: dict[str, set[str]] = {}
                for person in found.participants:
                    together.setdefault(person.user_id, set()).update(on[person.participant_id])
                assert together == _seen_on(drawn, moment)
    finally:
        await engine.dispose()


async def _nothing() -> None:
    pass


def _seen_on(timeline: Any, at: datetime) -> dict[str, set[str]]:
    return {
        lane.user_id: {state for state, spans in lane.spans.items() if any(_is_on(timeline, s, at) for s in spans)}
        for lane in timeline.lanes
        if any(_holds(stay, at) for stay in lane.stays)
    }


def _is_on(timeline: Any, span: tuple[float, float | None], at: datetime) -> bool:
    second = (at - timeline.started_at).total_seconds()
    return span[0] <= second and (span[1] is None or second < span[1])


def _holds(span: Any, at: datetime) -> bool:
    return span.started_at <= at and (span.ended_at is None or at < span.ended_at)


async def tell(store: Store) -> None:
    told = [
        event(0, MeetingStarted(title="Weekly")),
        event(1, joined("ann"), actor="p1"),
        event(2, AudioUnmuted(), actor="p1"),
        event(10, joined("bob"), actor="p2"),
        event(11, ScreenShareStarted(), actor="p2"),
        event(12, DominantSpeakerChanged(), actor="p1"),
        event(20, DominantSpeakerChanged(previous="p1"), actor="p2"),
        event(21, RoomLocked(), actor="p1"),
        event(25, AudioMuted(), actor="p1"),
        event(30, ParticipantLeft(user_id="bob", reason="left"), actor="p2"),
        event(31, ParticipantDisconnected(), actor="p1"),
        event(40, MeetingEnded(reason="empty")),
    ]
    await store.emitter.deliver(told)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (0.5, {}),
        (5, {"Ann": {"audio"}}),
        (15, {"Ann": {"audio", "speaking"}, "Bob": {"screen"}}),
        (20, {"Ann": {"audio"}, "Bob": {"screen", "speaking"}}),
        (30, {"Ann": set()}),
        (35, {"Ann": {"away"}}),
        (40, {}),
        (10**6, {}),
    ],
)
async def test_the_room_at_a_second(store: Store, at: float, expected: dict[str, set[str]]) -> None:
    await tell(store)
    state = await store.history.state("m", seconds(at))
    found = {person.display_name: {s for s in STATES if getattr(person, s)} for person in state.participants}
    assert found == expected


async def test_a_timeline_has_a_lane_for_each_person_and_marks_what_happened(store: Store) -> None:
    await tell(store)
    timeline = await store.history.timeline("m")
    assert (timeline.started_at, timeline.ended_at) == (seconds(1), seconds(40))
    assert [lane.display_name for lane in timeline.lanes] == ["Ann", "Bob"]
    ann, bob = timeline.lanes
    assert [(stay.started_at, stay.ended_at, stay.left_reason) for stay in bob.stays] == [
        (seconds(10), seconds(30), "left")
    ]
    assert ann.spans["audio"] == [(1, 24)]
    assert bob.spans["screen"] == [(10, 29)]
    assert [mark.type for mark in timeline.markers] == ["meeting.started", "room.locked", "meeting.ended"]
    assert (timeline.lanes_left_out, timeline.markers_left_out) == (0, 0)


async def test_a_meeting_under_way_has_no_end_yet(store: Store) -> None:
    await store.emitter.emit("m", MeetingStarted(title="t"), (joined("ann"), "p1"), (HandRaised(), "p1"))
    timeline = await store.history.timeline("m")
    (lane,) = timeline.lanes
    assert (timeline.ended_at, lane.stays[0].ended_at, lane.spans["hand"][0][1]) == (None, None, None)
    state = await store.history.state("m", datetime.now(UTC))
    assert [person.hand for person in state.participants] == [True]


async def test_who_comes_back_keeps_their_lane(store: Store) -> None:
    left = ParticipantLeft(user_id="ann", reason="left")
    await store.emitter.deliver(
        [event(1, joined("ann"), actor="p1"), event(5, left, actor="p1"), event(9, joined("ann"), actor="p2")]
    )
    (lane,) = (await store.history.timeline("m")).lanes
    assert [stay.participant_id for stay in lane.stays] == ["p1", "p2"]


async def test_an_unknown_meeting_has_no_history(store: Store) -> None:
    timeline = await store.history.timeline("nowhere")
    assert (timeline.started_at, timeline.lanes, timeline.markers) == (None, [], [])
    assert (await store.history.state("no\x00where", seconds(1))).participants == []


async def test_past_meetings_are_those_one_made_or_was_in_the_latest_first(store: Store) -> None:
    for number, (meeting, creator, guest) in enumerate([("a", "ann", "bob"), ("b", "bob", "ann"), ("c", "bob", "bob")]):
        await store.meetings.create(NewMeeting(id=meeting, title=meeting.upper(), creator_id=creator))
        person = ParticipantJoined(user_id=guest, display_name=guest, role="participant")
        await store.emitter.deliver(
            [
                event(100 * number, MeetingStarted(title=meeting), meeting=meeting),
                event(100 * number + 1, person, meeting=meeting, actor=f"p{number}"),
            ]
        )
        await store.flush()
    await store.meetings.create(NewMeeting(id="never", title="never held", creator_id="ann"))
    page = await store.history.held("ann")
    assert [(item.id, item.hosted, item.people) for item in page.items] == [("b", False, 1), ("a", True, 1)]
    assert [item.id for item in (await store.history.held(None)).items] == ["c", "b", "a"]
    assert (await store.history.held("eve")).items == []


async def test_past_meetings_are_found_by_a_part_of_their_title_and_by_when_they_began(store: Store) -> None:
    for number, title in enumerate(["Weekly review", "100 % weekly", "Lunch"]):
        await store.meetings.create(NewMeeting(id=f"m{number}", title=title, creator_id="ann"))
        await store.emitter.deliver([event(100 * number, MeetingStarted(title=title), meeting=f"m{number}")])
    await store.flush()

    async def found(**wanted: Any) -> list[str]:
        return [item.id for item in (await store.history.held("ann", wanted=Wanted(**wanted))).items]

    assert await found(text="WEEKLY") == ["m1", "m0"]
    assert await found(text="0 %") == ["m1"]
    assert await found(text="%") == ["m1"], "a sign of the database's own is a sign like any other"
    assert await found(text="_") == await found(text="a\x00b") == []
    assert await found(since=seconds(100)) == ["m2", "m1"]
    assert await found(until=seconds(100)) == ["m1", "m0"]
    assert await found(text="weekly", since=seconds(1), until=seconds(199)) == ["m1"]


async def test_pages_of_past_meetings_put_together_are_the_whole(store: Store) -> None:
    for number in range(7):
        # Two at a time begin in the same moment: the place of a page is more than a time.
        started = event(number, MeetingStarted(title="t"), meeting=f"m{number}")
        await store.emitter.deliver([started.model_copy(update={"timestamp": seconds(number // 2)})])
    found: list[str] = []
    before = None
    while True:
        page = await store.history.held(None, before=before, limit=3)
        found += [item.id for item in page.items]
        if (before := page.next_before) is None:
            break
    assert found == [f"m{number}" for number in range(6, -1, -1)]


def test_gaps_nobody_could_see_are_closed() -> None:
    spans = [(0.0, 1.0), (1.1, 2.0), (5.0, None)]
    assert thinned(spans, 1) == [(0, 2), (5, None)]
    assert thinned(reversed(spans), 0) == spans
    assert thinned([(0.0, None), (1.0, 2.0)], 0) == [(0, None)]


def test_a_span_is_cut_to_the_stay_it_belongs_to() -> None:
    assert clipped([(0.0, None)], 2, 3) == [(2, 3)]
    assert clipped([(0.0, 2.0)], 2, None) == []

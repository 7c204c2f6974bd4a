"""While a meeting is recorded or transcribed the record says so, and afterwards for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from persistence.engagement import Happened, figures_of
from persistence.events import (
    Event,
    MeetingEnded,
    MeetingStarted,
    ParticipantJoined,
    RecordingStarted,
    RecordingStopped,
    TranscriptChunk,
    TranscriptionStarted,
    TranscriptionStopped,
)
from persistence.filters import EventFilter
from persistence.store import Store

from .story import DAWN, event

ANN = ParticipantJoined(user_id="ann", display_name="Ann", role="host")


def told() -> list[Event]:
    """Recorded from 10 to 20 and from 30 to the end; transcribed from 15 to 40."""
    return [
        event(0, MeetingStarted(title="Weekly")),
        event(1, ANN, actor="p1"),
        event(10, RecordingStarted(recording_id="r1"), actor="p1"),
        event(15, TranscriptionStarted(transcription_id="t1", language="en")),
        event(18, TranscriptChunk(transcription_id="t1", chunk=1, text="good morning", duration_ms=900), actor="p1"),
        event(20, RecordingStopped(recording_id="r1", reason="asked")),
        event(30, RecordingStarted(recording_id="r2")),
        event(40, TranscriptionStopped(transcription_id="t1", reason="asked")),
        event(50, MeetingEnded(reason="empty")),
    ]


@pytest.mark.parametrize("order", [1, -1])
async def test_a_timeline_shows_what_was_kept_in_whatever_order_it_was_told(store: Store, order: int) -> None:
    await store.emitter.deliver(told()[::order])
    timeline = await store.history.timeline("m")
    assert timeline.recordings == [(9, 19), (29, 49)]
    assert timeline.transcriptions == [(14, 39)]
    marked = {mark.type for mark in timeline.markers}
    assert {"recording.started", "recording.stopped", "transcription.started", "transcription.stopped"} <= marked
    assert "transcript.chunk" not in marked


@pytest.mark.parametrize(
    ("at", "recording", "transcription"),
    [(9, False, False), (10, True, False), (15, True, True), (20, False, True), (45, True, False), (50, False, False)],
)
async def test_the_room_at_a_second_says_whether_it_was_kept(
    store: Store, at: float, recording: bool, transcription: bool
) -> None:
    await store.emitter.deliver(told())
    found = await store.history.state("m", DAWN + timedelta(seconds=at))
    assert (found.recording, found.transcription) == (recording, transcription)


async def test_an_end_alone_is_no_recording(store: Store) -> None:
    await store.emitter.deliver([event(1, ANN, actor="p1"), event(5, RecordingStopped(recording_id="r", reason="x"))])
    assert (await store.history.timeline("m")).recordings == []
    assert not (await store.history.state("m", DAWN + timedelta(seconds=4))).recording
    assert (await store.history.analytics("m", now=DAWN + timedelta(seconds=9))).meeting.recording_s == 0


async def test_the_figures_say_how_long_it_was_recorded_and_follow_what_comes_late(store: Store) -> None:
    late = event(45, RecordingStopped(recording_id="r2", reason="asked"))
    await store.emitter.deliver(told())
    found = await store.history.analytics("m", now=DAWN)
    assert (found.is_final, found.meeting.recording_s) == (True, 30)
    await store.emitter.deliver([late])
    assert (await store.history.analytics("m", now=DAWN)).meeting.recording_s == 25


async def test_a_recording_that_goes_on_counts_up_to_now(store: Store) -> None:
    await store.emitter.deliver(told()[:-1])
    found = await store.history.analytics("m", now=DAWN + timedelta(seconds=60))
    assert (found.is_final, found.meeting.recording_s) == (False, 40)


def test_two_recordings_at_once_count_once() -> None:
    def at(second: float) -> object:
        return DAWN + timedelta(seconds=second)

    both = [(at(0), at(60)), (at(30), at(90)), (at(200), None)]
    whole, _ = figures_of(Happened([], {}, {}, {}, [at(210)], at(300), recordings=both))  # type: ignore[list-item,arg-type]
    assert whole.recording_s == 100


async def test_what_was_said_is_kept_and_not_shown_to_who_reads_the_log(store: Store) -> None:
    await store.emitter.deliver(told())
    (chunk,) = (await store.queries.events("m", EventFilter(type="transcript.chunk"))).items
    assert (chunk.participant_id, chunk.payload["chunk"], "text" in chunk.payload) == ("p1", 1, False)

"""What a meeting comes to in figures (MGT-11)."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from persistence.engagement import Attendance, Happened, figures_of
from persistence.events import (
    AudioUnmuted,
    ChatMessageSent,
    DominantSpeakerChanged,
    MeetingEnded,
    MeetingStarted,
    ParticipantDisconnected,
    ParticipantJoined,
    ParticipantLeft,
    ReactionSent,
    ScreenShareStarted,
    ScreenShareStopped,
    VideoUnmuted,
)
from persistence.spans import Spans
from persistence.store import Store

from .story import DAWN, event


def at(second: float) -> datetime:
    return DAWN + timedelta(seconds=second)


def second(number: float) -> float:
    return at(number).timestamp()


def stay(user: str, start: float, end: float | None, *, name: str = "") -> Attendance:
    return Attendance(name or user, user, user.title(), at(start), at(end) if end is not None else None)


def happened(*stays: Attendance, on: Spans | None = None, **chats: int) -> Happened:
    acts = {(participant_id, "chat.message_sent"): count for participant_id, count in chats.items()}
    return Happened(stays, on or {}, {}, acts, [], at(1000))


def test_a_meeting_lasts_while_anybody_is_in_and_its_peak_is_the_most_at_once() -> None:
    whole, _ = figures_of(happened(stay("a", 0, 100), stay("b", 50, 150), stay("c", 150, 200), stay("d", 300, 400)))
    assert (whole.held_s, whole.participants, whole.peak_concurrency, whole.average_attendance_s) == (300, 4, 2, 88)


def test_who_is_in_twice_at_once_counts_once() -> None:
    whole, (person,) = figures_of(happened(stay("a", 0, 100, name="p1"), stay("a", 50, 120, name="p2")))
    assert (whole.peak_concurrency, person.attendance_s) == (1, 120)


def test_what_was_on_counts_only_while_they_were_in() -> None:
    _, (person,) = figures_of(happened(stay("a", 10, 60), on={("a", "audio"): [(second(0), second(100))]}))
    assert person.microphone_s == 50


def test_a_full_score_is_all_the_time_with_camera_and_an_equal_share_of_words_and_deeds() -> None:
    on: Spans = {
        ("a", "speaking"): [(second(0), second(300))],
        ("a", "video"): [(second(0), second(600))],
        ("b", "speaking"): [(second(300), second(310))],
    }
    _, (a, b) = figures_of(happened(stay("a", 0, 600), stay("b", 0, 600), on=on, a=1))
    assert (a.score, b.score) == (100, 51)


def test_nobody_makes_no_figures_to_divide_by() -> None:
    whole, people = figures_of(happened())
    assert (whole.held_s, whole.engagement, whole.average_attendance_s, people) == (0, 0, 0, [])


SPANS = st.tuples(st.sampled_from("abc"), st.integers(0, 50), st.integers(0, 50))


@given(st.lists(SPANS, max_size=8))
def test_figures_stay_within_their_bounds(spans: list[tuple[str, int, int]]) -> None:
    stays = [stay(user, start, start + length, name=f"{n}") for n, (user, start, length) in enumerate(spans)]
    whole, people = figures_of(happened(*stays))
    assert all(0 <= person.score <= 100 and person.attendance_s <= whole.held_s for person in people)
    assert 0 <= whole.engagement <= 100
    assert whole.peak_concurrency <= whole.participants == len({user for user, _, _ in spans})


def told() -> list[object]:
    joined = ParticipantJoined(user_id="ann", display_name="Ann", role="host")
    sent = ChatMessageSent(
        message_id="c", revision=1, message_type="Text", user_id="ann", display_name="Ann", text="hello"
    )
    return [
        event(0, MeetingStarted(title="t")),
        event(0, joined, actor="p").model_copy(update={"event_id": "00000000-0000-0000-0000-0000000000aa"}),
        event(10, AudioUnmuted(), actor="p"),
        event(20, VideoUnmuted(), actor="p"),
        event(30, ScreenShareStarted(), actor="p"),
        event(35, ScreenShareStopped(), actor="p"),
        event(40, DominantSpeakerChanged(), actor="p"),
        event(50, sent, actor="p"),
        event(51, ReactionSent(reaction="heart"), actor="p"),
        event(52, ParticipantDisconnected(), actor="p"),
    ]


async def test_a_meeting_under_way_is_figured_as_if_it_ended_now(store: Store) -> None:
    await store.emitter.deliver(told())  # type: ignore[arg-type]
    found = await store.history.analytics("m", now=at(60))
    assert (found.is_final, found.meeting.held_s, found.meeting.chat_messages) == (False, 60, 1)


async def test_a_finished_meetings_figures_are_kept_and_follow_what_comes_late(store: Store) -> None:
    left = ParticipantLeft(user_id="ann", reason="left")
    await store.emitter.deliver([*told(), event(60, left, actor="p"), event(61, MeetingEnded(reason="empty"))])  # type: ignore[list-item]
    found = await store.history.analytics("m", now=at(10**6))
    whole, (ann,) = found.meeting, found.participants
    assert (found.is_final, whole.held_s, whole.screen_shares, whole.technical_issues) == (True, 60, 1, 1)
    assert (ann.microphone_s, ann.camera_s, ann.share_s, ann.speaking_s) == (50, 40, 5, 20)
    assert (ann.chat_messages, ann.reactions, ann.score, whole.engagement) == (1, 1, 82, 82)
    await store.emitter.deliver([event(55, ReactionSent(reaction="joy"), actor="p")])
    assert (await store.history.analytics("m", now=at(0))).participants[0].reactions == 2
    await store.emitter.deliver([event(100, MeetingStarted(title="again"))])
    assert not (await store.history.analytics("m", now=at(110))).is_final

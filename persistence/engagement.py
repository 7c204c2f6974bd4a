"""What a meeting comes to in figures (MGT-11). Pure: rows in, figures out.

Everything is in whole seconds. Somebody who is in twice at once counts once.

`engagement` is the mean of the people's scores, each weighed by how long they were in. A score is from 0 to 100: half
of it for having been in all along, a fifth for speaking as long as an equal share of the meeting, and three twentieths
each for a camera that was on all the time they were in and for one chat message, vote, reaction or raised hand in ten
minutes of it. It says how much somebody took part, not how well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from .events import (
    ChatMessageSent,
    HandRaised,
    ParticipantDisconnected,
    PollCreated,
    PollVoted,
    ReactionSent,
    ScreenShareStarted,
    WorkerDied,
)
from .reader import Answer
from .spans import Spans, State, Stretch, clipped, departure, stretch_of, thinned

ISSUES: Final = (ParticipantDisconnected.type, WorkerDied.type)
"""What counts as a technical issue: somebody's connection was lost, or a media worker."""

ACTS: Final = (ChatMessageSent.type, PollVoted.type, ReactionSent.type, HandRaised.type)
"""What somebody does that is counted for them."""

_ACT_EVERY_S: Final = 600
_WEIGHTS: Final = {"attendance": 50, "voice": 20, "camera": 15, "acts": 15}


@dataclass(frozen=True, slots=True)
class Attendance:
    """One stay."""

    participant_id: str
    user_id: str
    display_name: str
    joined_at: datetime
    left_at: datetime | None


class PersonFigures(Answer):
    """`*_s` are how long they were in, had a microphone and a camera on, shared, and had the floor."""

    user_id: str
    display_name: str
    attendance_s: int
    microphone_s: int
    camera_s: int
    share_s: int
    speaking_s: int
    chat_messages: int
    poll_votes: int
    reactions: int
    hands_raised: int
    score: int


class MeetingFigures(Answer):
    """Durations in seconds: `held_s` is how long anybody was in, `peak_concurrency` the most people at one moment.

    `recording_s` is how long it was recorded, also with nobody in; two recordings at once count once.
    """

    held_s: int
    participants: int
    average_attendance_s: int
    peak_concurrency: int
    chat_messages: int
    screen_shares: int
    polls: int
    reactions: int
    technical_issues: int
    recording_s: int
    engagement: int


@dataclass(frozen=True, slots=True)
class Happened:
    """All that figures are made of. `on`: while what was.

    `counts` by type; `acts` by participant and type; `until` ends what lasts. `recordings`: from when up to when.
    """

    stays: Sequence[Attendance]
    on: Spans
    counts: Mapping[str, int]
    acts: Mapping[tuple[str, str], int]
    ends: Sequence[datetime]
    until: datetime
    recordings: Sequence[tuple[datetime, datetime | None]] = ()


def figures_of(happened: Happened) -> tuple[MeetingFigures, list[PersonFigures]]:
    """Of the meeting, and of its people in the order of their user ids."""
    stays: dict[str, list[Attendance]] = defaultdict(list)
    for stay in happened.stays:
        stays[stay.user_id].append(stay)
    present = {user_id: _merged([_lasted(stay, happened) for stay in of_one]) for user_id, of_one in stays.items()}
    held_s = _seconds(_merged([span for spans in present.values() for span in spans]))
    people = [
        _person(of_one, present[user_id], happened, held_s=held_s, people=len(stays))
        for user_id, of_one in sorted(stays.items())
    ]
    return _meeting(people, present, happened, held_s), people


def _meeting(
    people: Sequence[PersonFigures],
    present: Mapping[str, Sequence[Stretch]],
    happened: Happened,
    held_s: int,
) -> MeetingFigures:
    counts = happened.counts
    attended = sum(person.attendance_s for person in people)
    return MeetingFigures(
        held_s=held_s,
        participants=len(people),
        average_attendance_s=round(attended / len(people)) if people else 0,
        peak_concurrency=_most_at_once(present),
        chat_messages=counts.get(ChatMessageSent.type, 0),
        screen_shares=counts.get(ScreenShareStarted.type, 0),
        polls=counts.get(PollCreated.type, 0),
        reactions=counts.get(ReactionSent.type, 0),
        technical_issues=sum(counts.get(kind, 0) for kind in ISSUES),
        recording_s=_seconds(_merged([_within(*recording, happened) for recording in happened.recordings])),
        engagement=round(sum(p.score * p.attendance_s for p in people) / attended) if attended else 0,
    )


def _person(
    stays: Sequence[Attendance],
    present: Sequence[Stretch],
    happened: Happened,
    *,
    held_s: int,
    people: int,
) -> PersonFigures:
    def lasted(state: State) -> int:
        spans = [
            span
            for stay in stays
            for span in clipped(happened.on.get((stay.participant_id, state), ()), *_lasted(stay, happened))
        ]
        return _seconds(_merged(spans))

    def did(act: str) -> int:
        return sum(happened.acts.get((stay.participant_id, act), 0) for stay in stays)

    attendance_s, camera_s, speaking_s = _seconds(present), lasted("video"), lasted("speaking")
    acts = {act: did(act) for act in ACTS}
    parts = {
        "attendance": _share(attendance_s, held_s),
        "voice": _share(speaking_s * people, held_s),
        "camera": _share(camera_s, attendance_s),
        "acts": _share(sum(acts.values()) * _ACT_EVERY_S, attendance_s),
    }
    latest = max(stays, key=lambda stay: (stay.joined_at, stay.participant_id))
    return PersonFigures(
        user_id=latest.user_id,
        display_name=latest.display_name,
        attendance_s=attendance_s,
        microphone_s=lasted("audio"),
        camera_s=camera_s,
        share_s=lasted("screen"),
        speaking_s=speaking_s,
        chat_messages=acts[ChatMessageSent.type],
        poll_votes=acts[PollVoted.type],
        reactions=acts[ReactionSent.type],
        hands_raised=acts[HandRaised.type],
        score=round(sum(weight * parts[name] for name, weight in _WEIGHTS.items())),
    )


def _lasted(stay: Attendance, happened: Happened) -> Stretch:
    return _within(stay.joined_at, stay.left_at, happened)


def _within(began: datetime, ended: datetime | None, happened: Happened) -> Stretch:
    """What was never heard to end ended with the meeting."""
    last = departure(began, ended, happened.ends) or happened.until
    return stretch_of(began, max(began, last))


def _merged(spans: Sequence[Stretch]) -> list[Stretch]:
    return thinned(spans, 0)


def _seconds(spans: Sequence[Stretch]) -> int:
    return round(sum(stopped - began for began, stopped in spans if stopped is not None))


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole else 0.0


def _most_at_once(present: Mapping[str, Sequence[Stretch]]) -> int:
    """At one moment somebody leaves before somebody else comes."""
    steps = sorted(
        step
        for spans in present.values()
        for began, stopped in spans
        if stopped is not None and began < stopped
        for step in ((began, 1), (stopped, -1))
    )
    inside = most = 0
    for _, step in steps:
        inside += step
        most = max(most, inside)
    return most

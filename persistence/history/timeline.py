"""A meeting as one looks at it from the side: a lane for each person, and what happened in between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from persistence.queries import StoredEvent
from persistence.reader import Answer
from persistence.spans import STATES, Spans, State, Stretch, clipped, departure, stretch_of, thinned

MOST_LANES: Final = 1000
MOST_MARKERS: Final = 1000
STEPS: Final = 4000
"""A timeline is drawn no finer than this many parts of the meeting: gaps below that are closed."""

MARKER_SUBJECTS: Final = frozenset(
    {
        "chat",
        "features",
        "lobby",
        "meeting",
        "permissions",
        "poll",
        "recording",
        "role",
        "room",
        "spotlight",
        "transcription",
        "worker",
    }
)
MARKER_TYPES: Final = frozenset({"participant.removed", "participant.blocked", "participant.muted_by"})
"""What is marked on the timeline besides every type of those subjects."""


Span = tuple[float, float | None]
"""From and up to, in seconds after the timeline's start, to the millisecond; None while it lasts."""


class LaneStay(Answer):
    """From coming to leaving once. `ended_at` is None while it lasts."""

    participant_id: str
    started_at: datetime
    ended_at: datetime | None
    left_reason: str | None


class Lane(Answer):
    """A person, in order of first arrival; `spans` by what was on: audio, video, screen, hand, speaking, away.

    A long meeting has tens of thousands of spans, so they are pairs of numbers and not objects with two dates.
    """

    user_id: str
    display_name: str
    role: str | None
    stays: list[LaneStay]
    spans: dict[State, list[Span]]


class Marker(Answer):
    """Something that happened at once."""

    sequence: int
    type: str
    timestamp: datetime
    participant_id: str | None
    payload: dict[str, Any]


class Timeline(Answer):
    """`ended_at` is None while the meeting lasts. What did not fit is counted as left out.

    `recordings` and `transcriptions`: while what was said and shown was kept.
    """

    meeting_id: str
    started_at: datetime | None
    ended_at: datetime | None
    lanes: list[Lane]
    lanes_left_out: int
    recordings: list[Span]
    transcriptions: list[Span]
    markers: list[Marker]
    markers_left_out: int


def draw(
    meeting_id: str,
    *,
    ended_at: datetime | None,
    ends: Sequence[datetime],
    last_heard_at: datetime | None,
    stays: Sequence[Any],
    on: Spans,
    recordings: Sequence[Any],
    transcriptions: Sequence[Any],
    markers: Sequence[StoredEvent],
    marked: int,
) -> Timeline:
    """`ended_at` is the end that holds, `ends` are all there were, as a meeting may be held again.

    `stays` are rows of `participant_sessions` in order of arrival, `recordings` and `transcriptions` of `captures`;
    `marked` is how many markers there are in all.
    """
    lanes, left_out = _lanes(stays, on, ends, last_heard_at) if stays else ([], 0)
    return Timeline(
        meeting_id=meeting_id,
        started_at=stays[0].joined_at if stays else None,
        ended_at=ended_at,
        lanes=lanes,
        lanes_left_out=left_out,
        recordings=_kept(recordings, stays, ends, last_heard_at),
        transcriptions=_kept(transcriptions, stays, ends, last_heard_at),
        markers=[Marker.model_validate(event) for event in markers],
        markers_left_out=marked - len(markers),
    )


def _lanes(
    stays: Sequence[Any], on: Spans, ends: Sequence[datetime], last_heard_at: datetime | None
) -> tuple[list[Lane], int]:
    """Those that are shown, and how many more there are."""
    start: datetime = stays[0].joined_at
    detail = _detail(start, last_heard_at)
    people: dict[str, list[Any]] = defaultdict(list)
    for stay in stays:
        people[stay.user_id].append(stay)
    shown = list(people.values())[:MOST_LANES]
    return [_lane(of_one, on, ends, start.timestamp(), detail) for of_one in shown], len(people) - len(shown)


def _kept(
    captures: Sequence[Any], stays: Sequence[Any], ends: Sequence[datetime], last_heard_at: datetime | None
) -> list[Span]:
    if not stays:
        return []
    start: datetime = stays[0].joined_at
    lasted = [stretch_of(c.started_at, departure(c.started_at, c.stopped_at, ends)) for c in captures]
    shown = thinned(clipped(lasted, start.timestamp(), None), _detail(start, last_heard_at))
    return [_after(start.timestamp(), span) for span in shown]


def _detail(start: datetime, last_heard_at: datetime | None) -> float:
    return ((last_heard_at or start) - start).total_seconds() / STEPS


def _lane(
    stays: Sequence[Any],
    on: Spans,
    ends: Sequence[datetime],
    start: float,
    detail: float,
) -> Lane:
    drawn: dict[State, list[Stretch]] = {state: [] for state in STATES}
    times = []
    for stay in stays:
        left_at = departure(stay.joined_at, stay.left_at, ends)
        times.append((stay, left_at))
        inside = stretch_of(stay.joined_at, left_at)
        for state in STATES:
            drawn[state] += clipped(on.get((stay.participant_id, state), ()), *inside)
    return Lane(
        user_id=stays[-1].user_id,
        display_name=stays[-1].display_name,
        role=stays[-1].role,
        stays=[
            LaneStay(
                participant_id=stay.participant_id,
                started_at=stay.joined_at,
                ended_at=left_at,
                left_reason=stay.left_reason,
            )
            for stay, left_at in times
        ],
        spans={
            state: [_after(start, span) for span in thinned(spans, detail)] for state, spans in drawn.items() if spans
        },
    )


def _after(start: float, span: Stretch) -> Span:
    began, ended = span
    return round(began - start, 3), round(ended - start, 3) if ended is not None else None

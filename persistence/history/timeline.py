"""A meeting as one looks at it from the side: a lane for each person, and what happened in between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from persistence.queries import StoredEvent
from persistence.reader import Answer
from persistence.spans import STATES, Change, State, Stretch, clipped, departure, stretches, thinned

MOST_LANES: Final = 1000
MOST_MARKERS: Final = 1000
STEPS: Final = 4000
"""A timeline is drawn no finer than this many parts of the meeting: gaps below that are closed."""

MARKER_SUBJECTS: Final = frozenset(
    {"chat", "features", "lobby", "meeting", "permissions", "poll", "recording", "role", "room", "spotlight", "worker"}
)
MARKER_TYPES: Final = frozenset({"participant.removed", "participant.blocked", "participant.muted_by"})
"""What is marked on the timeline besides every type of those subjects."""


class Span(Answer):
    """`ended_at` is None while it lasts."""

    started_at: datetime
    ended_at: datetime | None


class StaySpan(Span):
    """From coming to leaving once."""

    participant_id: str
    left_reason: str | None


class Lane(Answer):
    """A person, in order of first arrival; `spans` by what was on: audio, video, screen, hand, speaking, away."""

    user_id: str
    display_name: str
    role: str | None
    stays: list[StaySpan]
    spans: dict[State, list[Span]]


class Marker(Answer):
    """Something that happened at once."""

    sequence: int
    type: str
    timestamp: datetime
    participant_id: str | None
    payload: dict[str, Any]


class Timeline(Answer):
    """`ended_at` is None while the meeting lasts. What did not fit is counted as left out."""

    meeting_id: str
    started_at: datetime | None
    ended_at: datetime | None
    lanes: list[Lane]
    lanes_left_out: int
    markers: list[Marker]
    markers_left_out: int


def draw(
    meeting_id: str,
    *,
    ended_at: datetime | None,
    ends: Sequence[datetime],
    last_heard_at: datetime | None,
    stays: Sequence[Any],
    changes: Sequence[Change],
    markers: Sequence[StoredEvent],
    marked: int,
) -> Timeline:
    """`ended_at` is the end that holds, `ends` are all there were, as a meeting may be held again.

    `stays` are rows of `participant_sessions` in order of arrival; `marked` is how many markers there are in all.
    """
    started_at = stays[0].joined_at if stays else None
    extent = (last_heard_at or started_at) - started_at if started_at and last_heard_at else timedelta()
    on = stretches(changes)
    people: dict[str, list[Any]] = defaultdict(list)
    for stay in stays:
        people[stay.user_id].append(stay)
    shown = list(people.values())[:MOST_LANES]
    return Timeline(
        meeting_id=meeting_id,
        started_at=started_at,
        ended_at=ended_at,
        lanes=[_lane(of_one, on, ends, extent / STEPS) for of_one in shown],
        lanes_left_out=len(people) - len(shown),
        markers=[Marker.model_validate(event.model_dump(include=set(Marker.model_fields))) for event in markers],
        markers_left_out=marked - len(markers),
    )


def _lane(
    stays: Sequence[Any],
    on: Mapping[tuple[str, State], Sequence[Stretch]],
    ends: Sequence[datetime],
    detail: timedelta,
) -> Lane:
    drawn: dict[State, list[Stretch]] = {state: [] for state in STATES}
    times = []
    for stay in stays:
        left_at = departure(stay.joined_at, stay.left_at, ends)
        times.append((stay, left_at))
        for state in STATES:
            drawn[state] += clipped(on.get((stay.participant_id, state), ()), stay.joined_at, left_at)
    return Lane(
        user_id=stays[-1].user_id,
        display_name=stays[-1].display_name,
        role=stays[-1].role,
        stays=[
            StaySpan(
                participant_id=stay.participant_id,
                started_at=stay.joined_at,
                ended_at=left_at,
                left_reason=stay.left_reason,
            )
            for stay, left_at in times
        ],
        spans={
            state: [Span(started_at=began, ended_at=ended) for began, ended in thinned(spans, detail)]
            for state, spans in drawn.items()
            if spans
        },
    )

"""Stretches of time in which something was on: pure, for the timeline and for what is derived from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

State = Literal["audio", "video", "screen", "hand", "speaking", "away"]
STATES: Final[tuple[State, ...]] = ("audio", "video", "screen", "hand", "speaking", "away")

Stretch = tuple[float, float | None]
"""From, and up to but not including, in seconds since the epoch; None while it lasts."""
_TOUCHING: Final = 0.0005
"""Moments are known to the millisecond."""


Spans = Mapping[tuple[str, State], Sequence[Stretch]]
"""By participant and state; they may touch each other."""


def grouped(rows: Iterable[tuple[State, str, float, float | None]]) -> Spans:
    """From rows of state, participant, beginning and end."""
    found: dict[tuple[str, State], list[Stretch]] = defaultdict(list)
    for state, participant_id, began, ended in rows:
        found[participant_id, state].append((began, ended))
    return found


def clipped(spans: Iterable[Stretch], start: float, end: float | None) -> list[Stretch]:
    """The parts of them from `start` up to `end`."""
    inside = []
    for began, stopped in spans:
        first = max(start, began)
        last = end if stopped is None or (end is not None and end < stopped) else stopped
        if last is None or first < last:
            inside.append((first, last))
    return inside


def thinned(spans: Iterable[Stretch], detail: float) -> list[Stretch]:
    """In order of time, without overlaps, and with gaps shorter than `detail` seconds closed: nobody could see them."""
    joined: list[Stretch] = []
    for began, stopped in sorted(spans, key=lambda span: span[0]):
        first, last = joined[-1] if joined else (began, began)
        if not joined or (last is not None and began - last >= max(detail, _TOUCHING)):
            joined.append((began, stopped))
        elif last is not None:
            joined[-1] = (first, None if stopped is None else max(last, stopped))
    return joined


def departure(joined_at: datetime, left_at: datetime | None, ends: Iterable[datetime]) -> datetime | None:
    """When a stay ended. One whose end was never heard of ended with the meeting: at the next of its `ends`."""
    return left_at if left_at is not None else min((end for end in ends if end >= joined_at), default=None)


def stretch_of(start: datetime, end: datetime | None) -> Stretch:
    return start.timestamp(), end.timestamp() if end is not None else None

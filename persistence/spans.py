"""From switchings to stretches of time: pure, for the timeline and for what is derived from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

State = Literal["audio", "video", "screen", "hand", "speaking", "away"]
STATES: Final[tuple[State, ...]] = ("audio", "video", "screen", "hand", "speaking", "away")

Stretch = tuple[datetime, datetime | None]
"""From, and up to but not including; None while it lasts."""
_TOUCHING: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on, this state of this participant is on or off."""

    state: State
    participant_id: str
    at: datetime
    is_on: bool


def stretches(changes: Iterable[Change]) -> dict[tuple[str, State], list[Stretch]]:
    """While what was on, by participant and state. `changes` of one state of one participant are in order of time."""
    found: dict[tuple[str, State], list[Stretch]] = defaultdict(list)
    since: dict[tuple[str, State], datetime] = {}
    for change in changes:
        key = (change.participant_id, change.state)
        if change.is_on:
            since.setdefault(key, change.at)
        elif (began := since.pop(key, None)) is not None and began < change.at:
            found[key].append((began, change.at))
    for key, began in since.items():
        found[key].append((began, None))
    return found


def clipped(spans: Iterable[Stretch], start: datetime, end: datetime | None) -> list[Stretch]:
    """The parts of them from `start` up to `end`."""
    inside = []
    for began, stopped in spans:
        first = max(began, start)
        last = earliest(stopped, end)
        if last is None or first < last:
            inside.append((first, last))
    return inside


def thinned(spans: Iterable[Stretch], detail: timedelta) -> list[Stretch]:
    """In order of time, without overlaps, and with gaps shorter than `detail` closed: nobody could see them."""
    joined: list[Stretch] = []
    for began, stopped in sorted(spans, key=lambda span: span[0]):
        first, last = joined[-1] if joined else (began, began)
        if not joined or (last is not None and began - last >= max(detail, _TOUCHING)):
            joined.append((began, stopped))
        elif last is not None:
            joined[-1] = (first, None if stopped is None else max(last, stopped))
    return joined


def earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    """The end that comes first, where None is none at all."""
    return min((end for end in (one, other) if end is not None), default=None)


def departure(joined_at: datetime, left_at: datetime | None, ends: Iterable[datetime]) -> datetime | None:
    """When a stay ended. One whose end was never heard of ended with the meeting: at the next of its `ends`."""
    return left_at if left_at is not None else min((end for end in ends if end >= joined_at), default=None)

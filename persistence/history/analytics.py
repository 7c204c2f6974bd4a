"""A meeting in figures (MGT-11), as `persistence.engagement` defines them."""

from __future__ import annotations

from persistence.engagement import MeetingFigures, PersonFigures
from persistence.reader import Answer


class Analytics(Answer):
    """`is_final` once the meeting is over; until then the figures are those of now."""

    is_final: bool
    meeting: MeetingFigures
    participants: list[PersonFigures]

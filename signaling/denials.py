"""Requests that people in a room had no right to, on their way to the record: who looks into it later finds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import structlog

from persistence.events import RequestDenied
from signaling.rates.bucket import Allowance, Bucket

if TYPE_CHECKING:
    from signaling.facts import Facts
    from signaling.participant import Participant

ALLOWANCE: Final = Allowance(per_s=0.1, burst=30)
"""Of each participant: more than anybody tries by mistake, and too few to fill a record with."""
log = structlog.get_logger(__name__)


class Denials:
    """What is beyond the allowance is counted with the facts that were dropped, and neither recorded nor logged."""

    def __init__(self, facts: Facts, clock: Callable[[], float]) -> None:
        self._facts = facts
        self._clock = clock

    def note(self, participant: Participant, request: str) -> None:
        now = self._clock()
        if participant.denials is None:
            participant.denials = Bucket(ALLOWANCE, now)
        if participant.denials.take(now):
            self._facts.dropped[RequestDenied.type] += 1
            return
        room_id, user_id, role = participant.room.id, participant.user_id, participant.role
        self._facts.note(room_id, RequestDenied(user_id=user_id, request=request, role=role), participant.id)
        log.info("request_denied", request=request, meeting_id=room_id, user_id=user_id, role=role)

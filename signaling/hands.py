"""The queue of raised hands in a room."""

from __future__ import annotations

from datetime import datetime


class Hands:
    """Who wants to speak, in the order the hands went up. At most one for each participant of the room."""

    def __init__(self) -> None:
        self._raised: dict[str, datetime] = {}

    def __contains__(self, participant_id: object) -> bool:
        return participant_id in self._raised

    @property
    def order(self) -> list[str]:
        """Participant ids, the next one first."""
        return list(self._raised)

    def raise_hand(self, participant_id: str, now: datetime) -> None:
        """A hand that is up keeps its place."""
        self._raised.setdefault(participant_id, now)

    def lower(self, participant_id: str) -> None:
        """Those behind move up. Lowering a lowered hand changes nothing."""
        self._raised.pop(participant_id, None)

    def position(self, participant_id: str) -> int | None:
        """Its place in the queue, 1 being next; None when it is not up."""
        return self.order.index(participant_id) + 1 if participant_id in self._raised else None

    def raised_at(self, participant_id: str) -> str | None:
        """When it went up (RFC 3339); None when it is not up."""
        moment = self._raised.get(participant_id)
        return moment.isoformat() if moment is not None else None

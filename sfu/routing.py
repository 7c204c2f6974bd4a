"""Which worker carries which room: the table alone. `placement.py` chooses, `fleet.py` speaks with the workers."""

from __future__ import annotations

from sfu.slot import Slot


class Routing:
    """A room has one home: the worker that its commands go to."""

    def __init__(self) -> None:
        self._homes: dict[str, Slot] = {}

    def __contains__(self, room_id: str) -> bool:
        return room_id in self._homes

    def home(self, room_id: str) -> Slot | None:
        return self._homes.get(room_id)

    def pin(self, room_id: str, slot: Slot) -> None:
        self._homes[room_id] = slot
        slot.rooms.add(room_id)

    def unpin(self, room_id: str) -> None:
        slot = self._homes.pop(room_id, None)
        if slot is not None:
            slot.rooms.discard(room_id)

    def lose(self, slot: Slot) -> list[str]:
        """Forgets every room that had media on the slot's worker, and names them in order."""
        rooms = sorted(slot.rooms)
        for room_id in rooms:
            self.unpin(room_id)
        return rooms

    def clear(self) -> None:
        for room_id in list(self._homes):
            self.unpin(room_id)

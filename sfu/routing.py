"""The rooms of this node and where each is: the table alone. `placement.py` chooses, `spread.py` asks the workers."""

from __future__ import annotations

from collections.abc import Iterator

from sfu.room_routes import RoomRoutes
from sfu.slot import Slot


class Routing:
    """A room has one home, and may be open on further workers."""

    def __init__(self) -> None:
        self._rooms: dict[str, RoomRoutes] = {}

    def __contains__(self, room_id: str) -> bool:
        return room_id in self._rooms

    def __iter__(self) -> Iterator[RoomRoutes]:
        return iter(list(self._rooms.values()))

    def room(self, room_id: str) -> RoomRoutes | None:
        return self._rooms.get(room_id)

    def home(self, room_id: str) -> Slot | None:
        room = self._rooms.get(room_id)
        return room.home if room else None

    def pin(self, room_id: str, slot: Slot) -> RoomRoutes:
        room = self._rooms[room_id] = RoomRoutes(room_id, slot)
        return room

    def unpin(self, room_id: str) -> RoomRoutes | None:
        room = self._rooms.pop(room_id, None)
        for slot in room.slots if room else ():
            slot.rooms.discard(room_id)
        return room

    def lose(self, slot: Slot) -> list[RoomRoutes]:
        """Forgets every room that had anything on the slot's worker, and names them in order."""
        return [room for room_id in sorted(slot.rooms) if (room := self.unpin(room_id)) is not None]

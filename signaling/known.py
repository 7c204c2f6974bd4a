"""People a room has let in before."""

from __future__ import annotations

from typing import Final

CAPACITY: Final = 10_000


class Known:
    """User ids, at most `capacity`; whoever was let in longest ago is forgotten first, and has to ask again."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._people: dict[str, None] = {}

    def __contains__(self, user_id: object) -> bool:
        return user_id in self._people

    def __len__(self) -> int:
        return len(self._people)

    def add(self, user_id: str) -> None:
        self._people.pop(user_id, None)
        self._people[user_id] = None
        if len(self._people) > self._capacity:
            del self._people[next(iter(self._people))]

    def discard(self, user_id: str) -> None:
        self._people.pop(user_id, None)

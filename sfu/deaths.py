"""Rooms whose workers die: one that costs worker after worker is parked before it takes the node along. Pure."""

from __future__ import annotations

from collections import deque

DEATHS = 3
WINDOW_S = 60.0
"""A room that lost `DEATHS` workers within this time is parked until the first of them is this long past."""


class Deaths:
    """When each room last lost its worker. Holds only rooms that lost one within the window."""

    def __init__(self, deaths: int = DEATHS, window_s: float = WINDOW_S) -> None:
        self._limit = deaths
        self._window_s = window_s
        self._at: dict[str, deque[float]] = {}

    def __len__(self) -> int:
        return len(self._at)

    def note(self, room_ids: list[str], now: float) -> None:
        self._forget(now)
        for room_id in room_ids:
            self._at.setdefault(room_id, deque(maxlen=self._limit)).append(now)

    def parked(self, room_id: str, now: float) -> bool:
        self._forget(now)
        return len(self._at.get(room_id, ())) >= self._limit

    def suspects(self, room_id: str, now: float) -> set[str]:
        """The other rooms that lost a worker lately, when this one did; else none."""
        self._forget(now)
        return set(self._at) - {room_id} if room_id in self._at else set()

    def _forget(self, now: float) -> None:
        for room_id, times in list(self._at.items()):
            while times and now - times[0] >= self._window_s:
                times.popleft()
            if not times:
                del self._at[room_id]

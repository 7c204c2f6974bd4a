"""The operators' overview: this node now, and over the last minutes."""

from __future__ import annotations

from typing import Any, Final

from pydantic import AwareDatetime

from persistence.store import Store
from server.api.contract import Access, Answer, Body, Call, Route
from server.overview import Attention, Overview, Point, busiest
from sfu.fleet import Fleet
from signaling.rooms import Registry

MOST_ROOMS: Final = 50


class OverviewQuery(Body):
    """`after`: the `at` of the newest point already seen."""

    after: AwareDatetime | None = None


class RoomLine(Answer):
    """A room in one line; the whole of it is at `/api/rooms/{meeting_id}`."""

    meeting_id: str
    title: str
    people: int
    producers: int
    consumers: int


class OverviewAnswer(Answer):
    """`points` of the last five minutes, the oldest first; `rooms` with the most people first.

    `attention` is null while the database was never reached; `problems` are this node's, in words.
    """

    points: list[Point]
    rooms: list[RoomLine]
    rooms_left_out: int
    workers: list[dict[str, Any]]
    attention: Attention | None
    problems: list[str]


class OverviewApi:
    def __init__(self, overview: Overview, store: Store, fleet: Fleet, registry: Registry) -> None:
        self._overview = overview
        self._store = store
        self._fleet = fleet
        self._registry = registry

    def routes(self) -> list[Route]:
        return [
            Route(
                "GET",
                "/api/overview",
                "This node at a glance and over the last minutes",
                self.get,
                OverviewAnswer,
                Access.OPERATOR,
                query=OverviewQuery,
            )
        ]

    async def get(self, call: Call) -> OverviewAnswer:
        query: OverviewQuery = call.query
        rooms = self._registry.snapshot()
        problem = self._store.behind()
        return OverviewAnswer(
            points=[point for point in self._overview.points if query.after is None or point.at > query.after],
            rooms=[_line(room) for room in busiest(rooms, MOST_ROOMS)],
            rooms_left_out=max(0, len(rooms) - MOST_ROOMS),
            workers=self._fleet.workers(),
            attention=self._overview.attention,
            problems=[problem] if problem is not None else [],
        )


def _line(room: dict[str, Any]) -> RoomLine:
    counts = room["counts"]
    return RoomLine(
        meeting_id=room["meeting_id"],
        title=room["title"],
        people=counts["participants"],
        producers=counts["producers"],
        consumers=counts["consumers"],
    )

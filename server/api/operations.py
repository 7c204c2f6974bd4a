"""What operators see of the live node: rooms, their media, workers (REQUIREMENTS WEB-5)."""

from __future__ import annotations

from typing import Any

from server.api.contract import Access, Answer, Call, Route
from server.api.errors import ApiError
from sfu.fleet import Fleet
from signaling.rooms import Registry


class RoomsAnswer(Answer):
    rooms: list[dict[str, Any]]


class RoomAnswer(Answer):
    """`participants` as signaling knows them; transports, producers and consumers as the workers measure them.

    `worker` is the index of the room's home, null while it is moved to another; each row has that of its own.
    `pipe_consumers` are producers on their way to another worker of the room.
    """

    meeting_id: str
    title: str
    capacity: int
    speaker: str | None
    counts: dict[str, int]
    worker: int | None
    participants: list[dict[str, Any]]
    transports: list[dict[str, Any]]
    producers: list[dict[str, Any]]
    consumers: list[dict[str, Any]]
    pipe_consumers: list[dict[str, Any]]
    data_producers: list[dict[str, Any]]
    data_consumers: list[dict[str, Any]]


class WorkersAnswer(Answer):
    workers: list[dict[str, Any]]


class OperationsApi:
    def __init__(self, registry: Registry, fleet: Fleet) -> None:
        self._registry = registry
        self._fleet = fleet

    def routes(self) -> list[Route]:
        who = Access.OPERATOR
        return [
            Route("GET", "/api/rooms", "Rooms that are live on this node", self.rooms, RoomsAnswer, who),
            Route(
                "GET",
                "/api/rooms/{meeting_id}",
                "One room with its media",
                self.room,
                RoomAnswer,
                who,
                errors=("NOT_FOUND", "UNAVAILABLE"),
            ),
            Route("GET", "/api/workers", "Media workers of this node", self.workers, WorkersAnswer, who),
        ]

    async def rooms(self, _call: Call) -> RoomsAnswer:
        return RoomsAnswer(rooms=self._registry.snapshot())

    async def room(self, call: Call) -> RoomAnswer:
        room = self._registry.snapshot_of(call.path["meeting_id"])
        if room is None:
            raise ApiError("NOT_FOUND", "There is no such room.")
        worker = self._fleet.worker_of(room["meeting_id"])
        return RoomAnswer(**room, worker=worker, **await self._fleet.statistics(room["meeting_id"]))

    async def workers(self, _call: Call) -> WorkersAnswer:
        return WorkersAnswer(workers=self._fleet.workers())

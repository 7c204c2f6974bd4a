"""What operators see of the live node: rooms, their media, workers (REQUIREMENTS WEB-5)."""

from __future__ import annotations

from typing import Any

from signaling.rooms import Registry

from server.api.contract import Access, Answer, Call, Route
from server.api.errors import ApiError
from sfu.commands import MediaError
from sfu.fleet import Fleet


class RoomsAnswer(Answer):
    rooms: list[dict[str, Any]]


class RoomAnswer(Answer):
    """`participants` as signaling knows them; `transports`, `producers`, `consumers` as the worker measures them."""

    room: dict[str, Any]


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
        try:
            media = await self._fleet.statistics(room["meeting_id"])
        except MediaError as error:
            raise ApiError(error.code, error.message) from None
        return RoomAnswer(room=room | media)

    async def workers(self, _call: Call) -> WorkersAnswer:
        return WorkersAnswer(workers=self._fleet.workers())

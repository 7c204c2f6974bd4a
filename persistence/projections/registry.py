"""Which function turns which type of event into rows. Types without one are only logged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from persistence.events import Event, Payload

from .scope import Scope

P = TypeVar("P", bound=Payload)
Projection = Callable[[Scope, Event, P], Awaitable[None]]

_PROJECTIONS: Final[dict[type[Payload], Projection[Any]]] = {}


def projects(payload: type[P]) -> Callable[[Projection[P]], Projection[P]]:
    """Declare the projection of a payload type. It must give the same rows in whatever order events arrive."""

    def register(projection: Projection[P]) -> Projection[P]:
        if payload in _PROJECTIONS:
            raise ValueError(f"{payload.type} is projected twice")
        _PROJECTIONS[payload] = projection
        return projection

    return register


async def project(scope: Scope, event: Event) -> None:
    projection = _PROJECTIONS.get(type(event.payload))
    if projection is not None:
        await projection(scope, event, event.payload)

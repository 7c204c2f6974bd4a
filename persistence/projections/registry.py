"""Which functions turn which types of events into rows of what. Types without one are only logged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from persistence.events import Event, Payload
from persistence.tables import Base

from .scope import Scope

P = TypeVar("P", bound=Payload)
Function = Callable[[Scope, Event, P], Awaitable[None]]


class Projection:
    """Rows that follow from the log and from nothing else, so that they can be made anew from it (`Replay`).

    `tables` are where they are. A function gives the same rows in whatever order its events arrive.
    """

    def __init__(self, name: str, *tables: type[Base]) -> None:
        self.name = name
        self.tables = tables
        self._functions: dict[type[Payload], Function[Any]] = {}
        self._of_each: Callable[[Scope, Event], None] | None = None

    def of(self, payload: type[P]) -> Callable[[Function[P]], Function[P]]:
        """Declare what an event of this type changes."""

        def declare(function: Function[P]) -> Function[P]:
            if payload in self._functions:
                raise ValueError(f"{payload.type} is projected twice into {self.name}")
            self._functions[payload] = function
            return function

        return declare

    def of_each(self, function: Callable[[Scope, Event], None]) -> Callable[[Scope, Event], None]:
        """Declare what an event of any type changes."""
        self._of_each = function
        return function

    def concerns(self, payload: type[Payload]) -> bool:
        return self._of_each is not None or payload in self._functions

    async def take(self, scope: Scope, event: Event) -> None:
        if self._of_each is not None:
            self._of_each(scope, event)
        function = self._functions.get(type(event.payload))
        if function is not None:
            await function(scope, event, event.payload)

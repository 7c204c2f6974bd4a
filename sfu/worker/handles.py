"""Objects by the integer the data plane knows them by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Generic, TypeVar

from sfu.commands import MediaError

T = TypeVar("T")


class Handles:
    """Numbers for the data plane: from one, never reused within a process."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)

    def next(self) -> int:
        return next(self._numbers)


class HandleTable(Generic[T]):
    """At most `limit` objects of one kind."""

    def __init__(self, handles: Handles, what: str, limit: int) -> None:
        self._handles = handles
        self._what = what
        self._limit = limit
        self._objects: dict[int, T] = {}

    def __len__(self) -> int:
        return len(self._objects)

    def add(self, make: Callable[[int], T]) -> T:
        """`make` is given the handle; what it raises leaves the table as it was. Raises CAPACITY_EXCEEDED when full."""
        if len(self._objects) >= self._limit:
            raise MediaError("CAPACITY_EXCEEDED", f"This media worker holds no more {self._what}.")
        handle = self._handles.next()
        made = make(handle)
        self._objects[handle] = made
        return made

    def get(self, handle: int) -> T | None:
        return self._objects.get(handle)

    def remove(self, handle: int) -> None:
        self._objects.pop(handle, None)

"""Everything a live room consists of, as flat text, so that two moments of it can be compared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel

from signaling.data import DataConsumer, DataProducer
from signaling.lobby import Waiting
from signaling.media import Consumer, Producer, Transport
from signaling.participant import Participant
from signaling.rooms import Room
from signaling.session import Session

_NAMED: Final = (Participant, Transport, Producer, Consumer, DataProducer, DataConsumer, Room, Session)
"""Elsewhere than in the room's own tables these are references, shown by their ids."""

_TABLES: Final = frozenset({"participants", "transports", "producers", "consumers"})
_NO_STATE: Final = (asyncio.Lock, asyncio.Event, Callable)


def photograph(room: Room, queue: Mapping[str, Waiting]) -> dict[str, str]:
    """What is where: by path through the room's attributes and tables, and those of who waits for it."""
    return dict(_shown(room, ("room",))) | dict(_shown(dict(queue), ("lobby",)))


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """Paths where the two differ."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def _shown(value: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    at_home = len(path) == 1 or (path[-2] in _TABLES and path[0] == "room" and len(path) <= 4)
    if isinstance(value, _NAMED) and not at_home:
        yield ".".join(path), f"<{type(value).__name__} {value.id}>"
    elif isinstance(value, _NO_STATE):  # type: ignore[arg-type]
        return
    elif (parts := _parts(value)) is not None:
        yield ".".join(path), f"{type(value).__name__} of {len(parts)}"
        for name, part in parts:
            yield from _shown(part, (*path, name))
    else:
        yield ".".join(path), repr(value)


def _parts(value: object) -> list[tuple[str, Any]] | None:
    """What it consists of, None for what is one thing."""
    if isinstance(value, Mapping):
        return [(str(key), part) for key, part in value.items()]
    if isinstance(value, list | tuple):
        return [(str(at), part) for at, part in enumerate(value)]
    if isinstance(value, set | frozenset):
        return [(str(part), part) for part in sorted(value, key=str)]
    if isinstance(value, BaseModel):
        return list(value.model_dump().items())
    if value is None or isinstance(value, str | bytes | int | float | Enum | datetime):
        return None
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    names = [*slots, *getattr(value, "__dict__", {})]
    return [(name, getattr(value, name)) for name in names if hasattr(value, name)] or None

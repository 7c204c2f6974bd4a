"""What of an event is somebody's own, and the event without it. Pure.

Ids of users are known by their fields' names (`user_id`, `to_user_id`, `creator_id`, ...), what people wrote or are
called by the mark `PERSONAL` on its type (`events/payload.py`). Written text belongs to the user the payload names,
else to the event's participant, as a note does of what they did in the room; a field with an owner of its own says so
(`PersonalOf`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final, get_args

from pydantic import BaseModel

from .events import CATALOGUE, Payload
from .events.payload import PersonalOf

ERASED: Final = "[erased]"
"""Stands where a name or text was. An empty one stays empty; what has parts, as a file has, is gone as a whole."""

PSEUDONYM: Final = "erased:"
"""How the user ids of people whose data was erased begin."""

_USER_IDS: Final = frozenset({"user_id", "creator_id", "host_id", "by", "ballot"})


@dataclass(frozen=True, slots=True)
class Fields:
    """`users` hold user ids, `texts` map each personal field to the field that names its owner."""

    users: tuple[str, ...]
    texts: Mapping[str, str]

    @property
    def any(self) -> bool:
        return bool(self.users or self.texts)


@cache
def fields_of(payload: type[Payload]) -> Fields:
    users = tuple(name for name in payload.model_fields if name in _USER_IDS or name.endswith("_user_id"))
    texts: dict[str, str] = {}
    for name, field in payload.model_fields.items():
        mark = _mark(field.annotation, field.metadata)
        if mark is not None:
            texts[name] = mark.owner
    return Fields(users, MappingProxyType(texts))


def personal_types() -> frozenset[str]:
    """The types of events that may hold anything of a person's."""
    return frozenset(type_ for type_, payload in CATALOGUE.items() if fields_of(payload).any)


def hash_of(user_id: str) -> str:
    return hashlib.sha256(user_id.encode(errors="surrogatepass")).hexdigest()


Rename = Callable[[str], str | None]
"""The pseudonym of a user id, None for those whose data stays."""


def without_person(
    type_: str, payload: Mapping[str, Any], *, rename: Rename, actor: str | None
) -> dict[str, Any] | None:
    """The payload, as JSON has it, without what belongs to those who are renamed; None when nothing does.

    `actor`: the user id of the event's participant, where that is known. Doing it again changes nothing.
    """
    schema = CATALOGUE.get(type_)
    fields = fields_of(schema) if schema is not None else None
    if fields is None or not fields.any:
        return None
    changed = dict(payload)
    for name, owner_field in fields.texts.items():
        owner = payload.get(owner_field) or actor
        if isinstance(owner, str) and (owner.startswith(PSEUDONYM) or rename(owner) is not None):
            changed[name] = _blanked(payload.get(name))
    for name in fields.users:
        user_id = payload.get(name)
        if isinstance(user_id, str) and (pseudonym := rename(user_id)) is not None:
            changed[name] = pseudonym
    return changed if changed != payload else None


def _blanked(value: Any) -> Any:
    if isinstance(value, str):
        return ERASED if value else value
    return [_blanked(inner) for inner in value] if isinstance(value, list) else None


def _mark(annotation: Any, metadata: list[Any]) -> PersonalOf | None:
    """On the field itself, inside a union or list, or on a field of a model that it holds."""
    for item in metadata:
        if isinstance(item, PersonalOf):
            return item
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner = (_mark(field.annotation, field.metadata) for field in annotation.model_fields.values())
        return next((mark for mark in inner if mark is not None), None)
    for part in get_args(annotation):
        found = _mark(part, list(getattr(part, "__metadata__", ())))
        if found is not None:
            return found
    return None

"""What people made of a meeting, from the events that tell of it. Pure."""

from __future__ import annotations

from typing import Any

from .events import MeetingCreated, MeetingUpdated, Payload


class MadeMeeting:
    """The latest settings are all there are. Events of earlier servers tell none: then only the row has them."""

    def __init__(self) -> None:
        self._revision = 0
        self._made: dict[str, Any] = {}
        self._settings: dict[str, Any] = {}

    @property
    def columns(self) -> dict[str, Any]:
        """Those of `meetings` that are known, and what they hold."""
        return self._made | self._settings

    def take(self, fact: Payload) -> None:
        """In any order."""
        if isinstance(fact, MeetingCreated):
            if fact.settings is not None:
                self._made = {"creator_id": fact.creator_id, "is_placeholder": False}
            self._set(fact, revision=1)
        elif isinstance(fact, MeetingUpdated):
            self._set(fact, revision=fact.revision)

    def _set(self, fact: MeetingCreated | MeetingUpdated, *, revision: int) -> None:
        if revision > self._revision:
            self._revision = revision
            self._settings = fact.settings.model_dump() | {"revision": revision} if fact.settings else {}

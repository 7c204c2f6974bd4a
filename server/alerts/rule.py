"""What operators want to be told of. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from persistence.events import CATALOGUE
from persistence.feed import PlacedEvent
from server.webhooks.selection import PATTERN, choose, matches, unknown_patterns

MAX_WINDOW_S: Final = 3600.0
MAX_COUNT: Final = 100

Scope = Literal["server", "meeting", "participant"]
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "lt": lt,
    "le": le,
    "eq": eq,
    "ne": ne,
    "ge": ge,
    "gt": gt,
}


class Seen(NamedTuple):
    """As much of an event as a rule looks at."""

    event_id: str
    type: str
    meeting_id: str
    participant_id: str | None
    timestamp: datetime
    payload: Mapping[str, Any]

    @classmethod
    def of(cls, event: PlacedEvent) -> Seen:
        return cls(event.event_id, event.type, event.meeting_id, event.participant_id, event.timestamp, event.payload)


class Condition(BaseModel):
    """Compares a field of the payload, by its name. A field that is missing, or of another kind, meets no condition."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str = Field(pattern=r"^[a-z_]{1,64}$")
    op: Literal["lt", "le", "eq", "ne", "ge", "gt"]
    value: bool | float | Annotated[str, Field(max_length=255)]

    def met_by(self, payload: Mapping[str, Any]) -> bool:
        value = payload.get(self.field)
        numbers = _is_number(value) and _is_number(self.value)
        if not numbers and (type(value) is not type(self.value) or self.op not in {"eq", "ne"}):
            return False
        return _COMPARE[self.op](value, self.value)


class Trigger(BaseModel):
    """An event of one of these types that meets all conditions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_types: Annotated[
        list[Annotated[str, Field(pattern=f"^({PATTERN.pattern})$")]], Field(min_length=1, max_length=16)
    ]
    conditions: Annotated[list[Condition], Field(max_length=8)] = []

    @field_validator("event_types")
    @classmethod
    def _are_known_and_no_alerts(cls, patterns: list[str]) -> list[str]:
        if unknown_patterns(patterns, CATALOGUE):
            raise ValueError("names a type of event that does not exist")
        if any(matches(pattern, "alert.fired") for pattern in patterns):
            raise ValueError("an alert cannot be about alerts")
        return patterns

    def met_by(self, event: Seen) -> bool:
        return any(matches(pattern, event.type) for pattern in self.event_types) and all(
            condition.met_by(event.payload) for condition in self.conditions
        )


class Rule(BaseModel):
    """Fires once when `count` events that meet `when` came within `within_s`, and not again before it recovered.

    It recovers with an event that meets `until`, or once none that meets `when` came for `quiet_s`. Each meeting, or
    each participant, is looked at apart, as `per` says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=100)
    when: Trigger
    count: int = Field(1, ge=1, le=MAX_COUNT)
    within_s: float = Field(60, gt=0, le=MAX_WINDOW_S)
    per: Scope = "meeting"
    until: Trigger | None = None
    quiet_s: float | None = Field(None, gt=0, le=24 * 3600)
    endpoint_ids: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=16)] = []

    @field_validator("name")
    @classmethod
    def _is_printable(cls, name: str) -> str:
        if not name.isprintable():
            raise ValueError("must not hold control characters")
        return name

    @model_validator(mode="after")
    def _can_end(self) -> Rule:
        if self.until is None and self.quiet_s is None:
            raise ValueError("say with until or quiet_s when it is over")
        return self

    def types(self, known: Collection[str]) -> frozenset[str]:
        """The known types it has to be shown."""
        patterns = [*self.when.event_types, *(self.until.event_types if self.until is not None else ())]
        return choose(patterns, known) or frozenset()

    def key(self, event: Seen) -> tuple[str, str] | None:
        """What the event is about, as this rule sees it; None when it is about nobody and the rule is about people."""
        if self.per == "server":
            return "", ""
        if self.per == "meeting":
            return event.meeting_id, ""
        return (event.meeting_id, event.participant_id) if event.participant_id is not None else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

"""The life of a room, and the only steps there are in it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final


class Phase(Enum):
    """NEW until the first one opens it, CLOSING while people and media go out, OVER when nothing of it is left."""

    NEW = "new"
    OPEN = "open"
    CLOSING = "closing"
    OVER = "over"


STEPS: Final[Mapping[Phase, frozenset[Phase]]] = MappingProxyType(
    {
        # What never opened may be given up without anybody to be told.
        Phase.NEW: frozenset({Phase.OPEN, Phase.CLOSING, Phase.OVER}),
        Phase.OPEN: frozenset({Phase.CLOSING}),
        Phase.CLOSING: frozenset({Phase.OVER}),
        Phase.OVER: frozenset(),
    }
)


class IllegalStepError(RuntimeError):
    """A mistake of ours: nothing that comes from outside can bring it about."""


def step(before: Phase, after: Phase) -> Phase:
    """Raises IllegalStepError for a step that is not in the table."""
    if after not in STEPS[before]:
        raise IllegalStepError(f"a room that is {before.value} cannot become {after.value}")
    return after

"""Events into rows, one small function for each type of event."""

from functools import cache
from typing import Final

from persistence.events import Event, Payload

from . import standing
from .alert import ALERTS
from .analytics import ANALYTICS
from .block import BLOCKS
from .capture import CAPTURES
from .chat import CHAT
from .counter import COUNTERS
from .meeting import MEETINGS
from .participant import PEOPLE
from .poll import POLLS
from .registry import Projection
from .scope import Scope
from .state import STATES
from .totals import refresh_totals
from .track import TRACKS

PROJECTIONS: Final = (MEETINGS, PEOPLE, BLOCKS, CHAT, POLLS, TRACKS, STATES, CAPTURES, COUNTERS, ALERTS, ANALYTICS)
"""All there are. Each can be made anew from the log alone."""

__all__ = ["PROJECTIONS", "Projection", "Scope", "project", "refresh_totals", "standing"]


async def project(scope: Scope, event: Event) -> None:
    """A new event into the rows of every projection."""
    for projection in _concerned(type(event.payload)):
        await projection.take(scope, event)


@cache
def _concerned(kind: type[Payload]) -> tuple[Projection, ...]:
    """Most types concern one or two of them, and each costs as much to ask as to do."""
    return tuple(projection for projection in PROJECTIONS if projection.concerns(kind))

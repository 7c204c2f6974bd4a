"""Events into rows, one small function for each type of event."""

from typing import Final

from persistence.events import Event

from . import standing
from .alert import ALERTS
from .analytics import ANALYTICS
from .block import BLOCKS
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

PROJECTIONS: Final = (MEETINGS, PEOPLE, BLOCKS, CHAT, POLLS, TRACKS, STATES, COUNTERS, ALERTS, ANALYTICS)
"""All there are. Each can be made anew from the log alone."""

__all__ = ["PROJECTIONS", "Projection", "Scope", "project", "refresh_totals", "standing"]


async def project(scope: Scope, event: Event) -> None:
    """A new event into the rows of every projection."""
    for projection in PROJECTIONS:
        await projection.take(scope, event)

"""Events into rows, one small function for each type of event. Importing this package registers them all."""

from . import block, chat, meeting, participant, poll, standing
from .registry import project, projects
from .scope import Scope
from .totals import refresh_totals

__all__ = [
    "Scope",
    "block",
    "chat",
    "meeting",
    "participant",
    "poll",
    "project",
    "projects",
    "refresh_totals",
    "standing",
]

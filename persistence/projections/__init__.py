"""Events into rows, one small function for each type of event. Importing this package registers them all."""

from . import meeting, participant
from .registry import project, projects
from .scope import Scope
from .totals import refresh_totals

__all__ = ["Scope", "meeting", "participant", "project", "projects", "refresh_totals"]

"""Finished meetings, and live ones up to now, as people look at them: a list, a timeline, the room at any second."""

from .analytics import Analytics
from .history import History
from .past import PastMeeting, PastPage
from .state import PersonState, RoomState
from .timeline import Lane, Marker, Span, Timeline

__all__ = [
    "Analytics",
    "History",
    "Lane",
    "Marker",
    "PastMeeting",
    "PastPage",
    "PersonState",
    "RoomState",
    "Span",
    "Timeline",
]

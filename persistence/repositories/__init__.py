"""Rows as plain, frozen models: what the other packages may read and store."""

from .meetings import Meeting, Meetings, NewMeeting

__all__ = ["Meeting", "Meetings", "NewMeeting"]

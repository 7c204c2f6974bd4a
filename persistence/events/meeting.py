"""Facts about a meeting as a whole."""

from __future__ import annotations

from .payload import Identifier, Payload, Reason, Text


class MeetingCreated(Payload):
    type = "meeting.created"
    personal = False

    title: Text
    creator_id: Identifier | None = None


class MeetingStarted(Payload):
    """The room opened: the first participant is about to be in it."""

    type = "meeting.started"
    personal = False

    title: Text


class MeetingEnded(Payload):
    type = "meeting.ended"
    personal = False

    reason: Reason

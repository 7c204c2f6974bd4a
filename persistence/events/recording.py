"""Facts about recordings (SFU-10). Whoever records tells them; `recording_id` joins a beginning with its end."""

from __future__ import annotations

from .payload import Identifier, Payload, Reason


class RecordingStarted(Payload):
    """From now on the meeting is recorded. The event's participant asked for it, where one did."""

    type = "recording.started"
    personal = False

    recording_id: Identifier


class RecordingStopped(Payload):
    type = "recording.stopped"
    personal = False

    recording_id: Identifier
    reason: Reason

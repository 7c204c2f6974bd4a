"""Facts about what a participant sends."""

from __future__ import annotations

from typing import Literal

from .payload import Identifier, Payload, Reason

Kind = Literal["audio", "video"]
Source = Literal["microphone", "camera", "screen", "screen_audio"]


class AudioMuted(Payload):
    type = "audio.muted"


class AudioUnmuted(Payload):
    type = "audio.unmuted"


class VideoMuted(Payload):
    type = "video.muted"


class VideoUnmuted(Payload):
    type = "video.unmuted"


class ScreenShareStarted(Payload):
    type = "screen_share.started"


class ScreenShareStopped(Payload):
    type = "screen_share.stopped"


class TrackAdded(Payload):
    type = "track.added"

    producer_id: Identifier
    kind: Kind
    source: Source


class TrackRemoved(Payload):
    type = "track.removed"

    producer_id: Identifier
    kind: Kind
    source: Source
    reason: Reason

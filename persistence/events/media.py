"""Facts about what a participant sends."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .payload import Identifier, Payload, Reason

Kind = Literal["audio", "video"]
Layer = Annotated[int, Field(ge=-1, le=255)]
"""A spatial or temporal layer, 0 the lowest; -1 when none flows."""
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
    """With the first microphone or camera of a stay this says whether it is on; from then on the switches do."""

    type = "track.added"

    producer_id: Identifier
    kind: Kind
    source: Source
    paused: bool = False


class TrackRemoved(Payload):
    type = "track.removed"

    producer_id: Identifier
    kind: Kind
    source: Source
    reason: Reason


class LayerAdjusted(Payload):
    """What a participant gets of somebody's video changed (SFU-6).

    `reason`: requested, available, unavailable, bandwidth. `estimate`: what the path to them was taken to carry, in
    bits per second, where it is known.
    """

    type = "layer.adjusted"

    consumer_id: Identifier
    producer_id: Identifier
    from_spatial_layer: Layer
    from_temporal_layer: Layer
    to_spatial_layer: Layer
    to_temporal_layer: Layer
    reason: Reason
    estimate: Annotated[int, Field(ge=0)] | None = None


class DominantSpeakerChanged(Payload):
    """Who has the floor is the event's participant, or nobody (SFU-7)."""

    type = "dominant_speaker.changed"
    personal = False

    previous: Identifier | None = None

"""What is switched on and off of people, into `participant_states`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from persistence.dialect import Insert, insert_for
from persistence.events import (
    AudioMuted,
    AudioUnmuted,
    DominantSpeakerChanged,
    Event,
    HandLowered,
    HandRaised,
    ParticipantDisconnected,
    ParticipantResumed,
    Payload,
    ScreenShareStarted,
    ScreenShareStopped,
    TrackAdded,
    TrackRemoved,
    VideoMuted,
    VideoUnmuted,
)
from persistence.tables import ParticipantStateRow

from .registry import Projection
from .scope import Scope

STATES = Projection("states", ParticipantStateRow)

_SWITCHED: Final[Mapping[type[Payload], tuple[str, bool]]] = MappingProxyType(
    {
        AudioUnmuted: ("audio", True),
        AudioMuted: ("audio", False),
        VideoUnmuted: ("video", True),
        VideoMuted: ("video", False),
        ScreenShareStarted: ("screen", True),
        ScreenShareStopped: ("screen", False),
        HandRaised: ("hand", True),
        HandLowered: ("hand", False),
        ParticipantDisconnected: ("away", True),
        ParticipantResumed: ("away", False),
    }
)


@STATES.of_each
def switched(scope: Scope, event: Event) -> None:
    of_type = _SWITCHED.get(type(event.payload))
    if of_type is not None and event.participant_id is not None:
        state, is_on = of_type
        _note(scope, event, state, event.participant_id, is_on=is_on)


_SENT: Final[Mapping[str, str]] = MappingProxyType({"microphone": "audio", "camera": "video"})


@STATES.of(TrackAdded)
async def track_added(scope: Scope, event: Event, payload: TrackAdded) -> None:
    """Whoever comes with microphone and camera on touches no switch."""
    if payload.source in _SENT and event.participant_id is not None:
        _note(scope, event, _SENT[payload.source], event.participant_id, is_on=not payload.paused)


@STATES.of(TrackRemoved)
async def track_removed(scope: Scope, event: Event, payload: TrackRemoved) -> None:
    if payload.source in _SENT and event.participant_id is not None:
        _note(scope, event, _SENT[payload.source], event.participant_id, is_on=False)


@STATES.of(DominantSpeakerChanged)
async def speaker_changed(scope: Scope, event: Event, payload: DominantSpeakerChanged) -> None:
    """One has the floor, and the one before has it no more."""
    if payload.previous is not None and payload.previous != event.participant_id:
        _note(scope, event, "speaking", payload.previous, is_on=False)
    if event.participant_id is not None:
        _note(scope, event, "speaking", event.participant_id, is_on=True)


def _note(scope: Scope, event: Event, state: str, participant_id: str, *, is_on: bool) -> None:
    scope.write(
        _span,
        meeting_id=event.meeting_id,
        state=state,
        participant_id=participant_id,
        at=event.timestamp,
        event_id=event.event_id,
        is_on=is_on,
    )


@cache
def _span(dialect: str) -> Insert:
    return insert_for(dialect, ParticipantStateRow).on_conflict_do_nothing()

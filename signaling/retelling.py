"""What a meeting's record says of the room as it was when its server ended without a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

from persistence import events as e
from persistence.features import Features
from signaling.messages.model import Kind
from signaling.messages.participant import Presence
from signaling.permissions import Permissions
from signaling.roles import Role
from signaling.standings import Standing


@dataclass(slots=True)
class Stay:
    """One participant as they were. `keys` are those of their two last resume tokens, the newest last."""

    id: str
    user_id: str
    display_name: str
    role: Role
    keys: tuple[str, ...] = ()
    permissions: Permissions = field(default_factory=Permissions)
    enabled: dict[Kind, bool] = field(default_factory=dict)
    screen: bool = False
    presence: Presence = "active"


_STEPS: Final[dict[type[e.Payload], Callable[[Retelling, e.Event, Any], None]]] = {}
Step = TypeVar("Step", bound=Callable[..., None])


def _of(*payloads: type[e.Payload]) -> Callable[[Step], Step]:
    """Marks what these facts change."""

    def mark(step: Step) -> Step:
        _STEPS.update(dict.fromkeys(payloads, step))
        return step

    return mark


class Retelling:
    """The state that events add up to, told in their order from the `meeting.started` of the run on.

    Of media only what is left to be ended: no track outlives the server it went through.
    """

    def __init__(self, features: Features, *, lobby: bool) -> None:
        self.features = features
        self.lobby = lobby
        self.locked = False
        self.stays: dict[str, Stay] = {}
        self.hands: dict[str, datetime] = {}
        self.spotlight: list[str] = []
        self.known: dict[str, None] = {}
        self.standings: dict[str, Standing] = {}
        self.tracks: dict[str, e.Event] = {}
        self.channels: dict[str, e.Event] = {}
        self.waiting: dict[str, str] = {}
        self.ended: e.Event | None = None

    def tell(self, event: e.Event) -> None:
        """What is not listed in `TOLD` says nothing about the room as it is now."""
        step = _STEPS.get(type(event.payload))
        if step is not None:
            step(self, event, event.payload)

    @_of(e.ParticipantJoined)
    def _joined(self, event: e.Event, payload: e.ParticipantJoined) -> None:
        stay = self.stays.setdefault(_actor(event), Stay(_actor(event), "", "", Role.PARTICIPANT))
        stay.user_id, stay.display_name, stay.role = payload.user_id, payload.display_name, Role(payload.role)
        self.known[payload.user_id] = None
        if (standing := self.standings.get(payload.user_id)) is not None:
            stay.permissions = standing.permissions

    @_of(e.ConferenceJoined)
    def _connected(self, event: e.Event, payload: e.ConferenceJoined) -> None:
        stay = self.stays.setdefault(
            _actor(event), Stay(_actor(event), payload.user_id, payload.display_name, Role.PARTICIPANT)
        )
        if payload.resume_key is not None:
            stay.keys = (*stay.keys[-1:], payload.resume_key)

    @_of(e.ParticipantLeft)
    def _left(self, event: e.Event, _payload: e.Payload) -> None:
        self.stays.pop(_actor(event), None)
        self.hands.pop(_actor(event), None)
        self.spotlight = [other for other in self.spotlight if other != event.participant_id]

    @_of(e.HandRaised)
    def _hand_raised(self, event: e.Event, _payload: e.Payload) -> None:
        self.hands.setdefault(_actor(event), event.timestamp)

    @_of(e.HandLowered)
    def _hand_lowered(self, event: e.Event, _payload: e.Payload) -> None:
        self.hands.pop(_actor(event), None)

    @_of(e.RoleChanged)
    def _role_changed(self, _event: e.Event, payload: e.RoleChanged) -> None:
        stay = self.stays.get(payload.target)
        role = Role(payload.to_role)
        if stay is not None:
            stay.role = role
        before = self.standings.get(payload.user_id)
        self.standings[payload.user_id] = Standing(role, before.permissions if before else Permissions())

    @_of(e.ParticipantRenamed)
    def _renamed(self, _event: e.Event, payload: e.ParticipantRenamed) -> None:
        if (stay := self.stays.get(payload.target)) is not None:
            stay.display_name = payload.display_name

    @_of(e.PresenceChanged)
    def _presence_changed(self, event: e.Event, payload: e.PresenceChanged) -> None:
        if (stay := self.stays.get(_actor(event))) is not None:
            stay.presence = payload.presence

    @_of(e.PermissionsChanged)
    def _permissions_changed(self, _event: e.Event, payload: e.PermissionsChanged) -> None:
        given = Permissions(**payload.model_dump(exclude={"target", "user_id"}))
        stay = self.stays.get(payload.target)
        if stay is not None:
            stay.permissions = given
        before = self.standings.get(payload.user_id)
        role = before.role if before else stay.role if stay else Role.PARTICIPANT
        self.standings[payload.user_id] = Standing(role, given)

    @_of(e.AudioMuted, e.AudioUnmuted, e.VideoMuted, e.VideoUnmuted)
    def _switched(self, event: e.Event, payload: e.Payload) -> None:
        if (stay := self.stays.get(_actor(event))) is not None:
            kind, enabled = _SWITCHES[type(payload)]
            stay.enabled[kind] = enabled

    @_of(e.TrackAdded)
    def _track_added(self, event: e.Event, payload: e.TrackAdded) -> None:
        self.tracks[payload.producer_id] = event
        stay = self.stays.get(_actor(event))
        # The first track of a kind says whether it is on; later only the switches do.
        if stay is not None and payload.source in {"microphone", "camera"}:
            stay.enabled.setdefault(payload.kind, not payload.paused)

    @_of(e.TrackRemoved)
    def _track_removed(self, _event: e.Event, payload: e.TrackRemoved) -> None:
        self.tracks.pop(payload.producer_id, None)

    @_of(e.ScreenShareStarted, e.ScreenShareStopped)
    def _shared(self, event: e.Event, payload: e.Payload) -> None:
        if (stay := self.stays.get(_actor(event))) is not None:
            stay.screen = isinstance(payload, e.ScreenShareStarted)

    @_of(e.DataChannelOpened)
    def _channel_opened(self, event: e.Event, payload: e.DataChannelOpened) -> None:
        self.channels[payload.data_producer_id] = event

    @_of(e.DataChannelClosed)
    def _channel_closed(self, _event: e.Event, payload: e.DataChannelClosed) -> None:
        self.channels.pop(payload.data_producer_id, None)

    @_of(e.RoomLocked, e.RoomUnlocked)
    def _lock(self, _event: e.Event, payload: e.Payload) -> None:
        self.locked = isinstance(payload, e.RoomLocked)

    @_of(e.LobbyEnabled, e.LobbyDisabled)
    def _lobby(self, _event: e.Event, payload: e.Payload) -> None:
        self.lobby = isinstance(payload, e.LobbyEnabled)

    @_of(e.LobbyAsked)
    def _asked(self, _event: e.Event, payload: e.LobbyAsked) -> None:
        self.waiting[payload.waiting_id] = payload.user_id

    @_of(e.LobbyAdmitted, e.LobbyDenied, e.LobbyTimedOut, e.LobbyLeft)
    def _answered(self, _event: e.Event, payload: Any) -> None:
        self.waiting.pop(payload.waiting_id, None)

    @_of(e.FeaturesChanged)
    def _features_changed(self, _event: e.Event, payload: e.FeaturesChanged) -> None:
        self.features = payload.features

    @_of(e.SpotlightChanged)
    def _spotlit(self, _event: e.Event, payload: e.SpotlightChanged) -> None:
        self.spotlight = list(payload.targets)

    @_of(e.ParticipantBlocked, e.ParticipantRemoved)
    def _sent_out(self, _event: e.Event, payload: e.ParticipantBlocked | e.ParticipantRemoved) -> None:
        self.known.pop(payload.user_id, None)

    @_of(e.MeetingEnded)
    def _over(self, event: e.Event, _payload: e.Payload) -> None:
        self.ended = event


_SWITCHES: Final[Mapping[type[e.Payload], tuple[Kind, bool]]] = MappingProxyType(
    {
        e.AudioMuted: ("audio", False),
        e.AudioUnmuted: ("audio", True),
        e.VideoMuted: ("video", False),
        e.VideoUnmuted: ("video", True),
    }
)

TOLD: Final = tuple(payload.type for payload in _STEPS)
"""The types of events a retelling needs; `meeting.started` begins it."""


def _actor(event: e.Event) -> str:
    return event.participant_id or ""

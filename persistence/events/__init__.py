"""One pydantic model for each type of lifecycle event (EVT-1, EVT-2), and the envelope they travel in.

A new type is a new `Payload` subclass in the file of its subject and a line in `CATALOGUE`.
"""

from .chat import ChatMessageDeleted, ChatMessageEdited, ChatMessageSent, FileReference, MessageType
from .client import ClientDeviceFailed, ClientNetworkChanged, ClientVideoFroze
from .data import DataChannelClosed, DataChannelOpened
from .event import CATALOGUE, Event, MeetingId
from .lobby import (
    LobbyAdmitted,
    LobbyAsked,
    LobbyDenied,
    LobbyDisabled,
    LobbyEnabled,
    LobbyLeft,
    LobbyMessaged,
    LobbyTimedOut,
)
from .media import (
    AudioMuted,
    AudioUnmuted,
    DominantSpeakerChanged,
    LayerAdjusted,
    ScreenShareStarted,
    ScreenShareStopped,
    TrackAdded,
    TrackRemoved,
    VideoMuted,
    VideoUnmuted,
)
from .meeting import MeetingCreated, MeetingEnded, MeetingStarted, MeetingUpdated
from .moderation import (
    FeaturesChanged,
    ParticipantBlocked,
    ParticipantMutedBy,
    ParticipantRemoved,
    ParticipantUnblocked,
    PermissionsChanged,
    RoleChanged,
    RoomLocked,
    RoomUnlocked,
    ScreenShareStoppedBy,
    SpotlightChanged,
    UnmuteRequested,
)
from .participant import (
    ConferenceJoined,
    HandLowered,
    HandRaised,
    ParticipantDisconnected,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantResumed,
    ReactionSent,
)
from .payload import Payload
from .statistics import ConnectionStats, TransportStats
from .worker import RoomRecovered, WorkerDied

__all__ = [
    "CATALOGUE",
    "AudioMuted",
    "AudioUnmuted",
    "ChatMessageDeleted",
    "ChatMessageEdited",
    "ChatMessageSent",
    "ClientDeviceFailed",
    "ClientNetworkChanged",
    "ClientVideoFroze",
    "ConferenceJoined",
    "ConnectionStats",
    "DataChannelClosed",
    "DataChannelOpened",
    "DominantSpeakerChanged",
    "Event",
    "FeaturesChanged",
    "FileReference",
    "HandLowered",
    "HandRaised",
    "LayerAdjusted",
    "LobbyAdmitted",
    "LobbyAsked",
    "LobbyDenied",
    "LobbyDisabled",
    "LobbyEnabled",
    "LobbyLeft",
    "LobbyMessaged",
    "LobbyTimedOut",
    "MeetingCreated",
    "MeetingEnded",
    "MeetingId",
    "MeetingStarted",
    "MeetingUpdated",
    "MessageType",
    "ParticipantBlocked",
    "ParticipantDisconnected",
    "ParticipantJoined",
    "ParticipantLeft",
    "ParticipantMutedBy",
    "ParticipantRemoved",
    "ParticipantResumed",
    "ParticipantUnblocked",
    "Payload",
    "PermissionsChanged",
    "ReactionSent",
    "RoleChanged",
    "RoomLocked",
    "RoomRecovered",
    "RoomUnlocked",
    "ScreenShareStarted",
    "ScreenShareStopped",
    "ScreenShareStoppedBy",
    "SpotlightChanged",
    "TrackAdded",
    "TrackRemoved",
    "TransportStats",
    "UnmuteRequested",
    "VideoMuted",
    "VideoUnmuted",
    "WorkerDied",
]

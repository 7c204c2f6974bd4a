"""The one place where event names are written (SIG-9): every request with its reply, every notification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from signaling.messages import chat, data, lobby, media, moderation, participant, poll, room, token, transport
from signaling.messages.model import Request, Told

NAMESPACE: Final = "/meeting"
ERROR_EVENT: Final = "error"


@dataclass(frozen=True, slots=True)
class RequestKind:
    """A request: its event name, its payload, and the event and data it is answered with, or those of `instead`."""

    event: str
    payload: type[Request]
    reply_event: str
    reply: type[Told]
    instead: tuple[str, type[Told]] | None = None

    def event_of(self, told: Told) -> str:
        """The event that carries this answer to a client without acks."""
        return self.instead[0] if self.instead is not None and isinstance(told, self.instead[1]) else self.reply_event


_REQUESTS: Final = (
    RequestKind("room:create", room.RoomCreate, "room:created", room.RoomCreated),
    RequestKind(
        "room:join", room.RoomJoin, "room:joined", room.RoomJoined, instead=("lobby:waiting", lobby.LobbyWaiting)
    ),
    RequestKind("room:leave", room.RoomLeave, "room:left", room.RoomLeft),
    RequestKind("room:close", room.RoomClose, "room:closed", room.RoomClosed),
    RequestKind("transport:create", transport.TransportCreate, "transport:created", transport.TransportCreated),
    RequestKind("transport:connect", transport.TransportConnect, "transport:connected", transport.TransportConnected),
    RequestKind(
        "transport:restart_ice", transport.TransportRestartIce, "transport:ice_restarted", transport.IceRestarted
    ),
    RequestKind(
        "transport:stats", transport.TransportStats, "transport:stats_reported", transport.TransportStatsReported
    ),
    RequestKind("produce", media.Produce, "producer:created", media.ProducerCreated),
    RequestKind("producer:pause", media.ProducerPause, "producer:paused", media.ProducerNamed),
    RequestKind("producer:resume", media.ProducerResume, "producer:resumed", media.ProducerNamed),
    RequestKind("producer:close", media.ProducerClose, "producer:closed", media.ProducerNamed),
    RequestKind("consume", media.Consume, "consumer:created", media.ConsumerCreated),
    RequestKind("consumer:resume", media.ConsumerResume, "consumer:resumed", media.ConsumerNamed),
    RequestKind("consumer:pause", media.ConsumerPause, "consumer:paused", media.ConsumerNamed),
    RequestKind("consumer:close", media.ConsumerClose, "consumer:closed", media.ConsumerNamed),
    RequestKind("consumer:keyframe", media.ConsumerKeyframe, "consumer:keyframe_requested", media.ConsumerNamed),
    RequestKind("consumer:layers", media.ConsumerLayers, "consumer:layers_set", media.ConsumerLayersSet),
    RequestKind("consumer:size", media.ConsumerSize, "consumer:size_set", media.ConsumerSizeSet),
    RequestKind("consumer:priority", media.ConsumerPriority, "consumer:priority_set", media.ConsumerPrioritySet),
    RequestKind("produce_data", data.ProduceData, "data_producer:created", data.DataProducerCreated),
    RequestKind("data_producer:close", data.DataProducerClose, "data_producer:closed", data.DataProducerClosed),
    RequestKind("consume_data", data.ConsumeData, "data_consumer:created", data.DataConsumerCreated),
    RequestKind("data_consumer:close", data.DataConsumerClose, "data_consumer:closed", data.DataConsumerClosed),
    RequestKind("media:toggle", media.MediaToggle, "media:updated", media.MediaUpdated),
    RequestKind("screen:start", media.ScreenStart, "screen:started", media.ScreenShare),
    RequestKind("screen:stop", media.ScreenStop, "screen:stopped", media.ScreenShare),
    RequestKind("hand:raise", participant.HandRaise, "hand:raised", participant.HandRaised),
    RequestKind("reaction:send", participant.ReactionSend, "reaction:sent", participant.ReactionSent),
    RequestKind("presence:set", participant.PresenceSet, "presence:updated", participant.PresenceUpdated),
    RequestKind(
        "participant:rename", participant.ParticipantRename, "participant:renamed", participant.ParticipantRenamed
    ),
    RequestKind("chat:send", chat.ChatSend, "chat:message", chat.ChatMessageView),
    RequestKind("chat:edit", chat.ChatEdit, "chat:edited", chat.ChatMessageView),
    RequestKind("chat:delete", chat.ChatDelete, "chat:deleted", chat.ChatMessageView),
    RequestKind("chat:list", chat.ChatList, "chat:listed", chat.ChatPage),
    RequestKind("poll:create", poll.PollCreate, "poll:created", poll.PollView),
    RequestKind("poll:vote", poll.PollVote, "poll:voted", poll.PollView),
    RequestKind("poll:close", poll.PollClose, "poll:closed", poll.PollView),
    RequestKind("poll:list", poll.PollList, "poll:listed", poll.PollsListed),
    RequestKind("poll:answers", poll.PollAnswers, "poll:answers_listed", poll.PollAnswersListed),
    RequestKind("participant:mute", moderation.ParticipantMute, "participant:muted", moderation.ParticipantMuted),
    RequestKind("room:mute_all", moderation.RoomMuteAll, "room:muted_all", moderation.RoomMutedAll),
    RequestKind(
        "participant:ask_unmute",
        moderation.ParticipantAskUnmute,
        "participant:unmute_asked",
        moderation.ParticipantUnmuteAsked,
    ),
    RequestKind(
        "participant:stop_share",
        moderation.ParticipantStopShare,
        "participant:share_stopped",
        moderation.ParticipantShareStopped,
    ),
    RequestKind("hand:lower", moderation.HandLower, "hand:lowered", moderation.HandsLowered),
    RequestKind("hand:lower_all", moderation.HandLowerAll, "hand:lowered_all", moderation.HandsLowered),
    RequestKind(
        "participant:remove", moderation.ParticipantRemove, "participant:removed", moderation.ParticipantRemoved
    ),
    RequestKind("participant:block", moderation.ParticipantBlock, "participant:blocked", moderation.ParticipantBlocked),
    RequestKind(
        "participant:unblock", moderation.ParticipantUnblock, "participant:unblocked", moderation.ParticipantUnblocked
    ),
    RequestKind("room:blocks", moderation.RoomBlocks, "room:blocks_listed", moderation.RoomBlocksListed),
    RequestKind(
        "participant:set_role", moderation.ParticipantSetRole, "participant:role_set", moderation.ParticipantRoleSet
    ),
    RequestKind(
        "participant:permit", moderation.ParticipantPermit, "participant:permitted", moderation.ParticipantPermitted
    ),
    RequestKind("room:lock", moderation.RoomLock, "room:locked", moderation.RoomLocked),
    RequestKind("room:features", moderation.RoomFeatures, "room:features_set", moderation.RoomFeaturesSet),
    RequestKind("room:spotlight", moderation.RoomSpotlight, "room:spotlit", moderation.RoomSpotlit),
    RequestKind("lobby:leave", lobby.LobbyLeave, "lobby:left", lobby.LobbyLeft),
    RequestKind("lobby:list", lobby.LobbyList, "lobby:listed", lobby.LobbyListed),
    RequestKind("lobby:admit", lobby.LobbyAdmit, "lobby:admitted", lobby.LobbyAdmitted),
    RequestKind("lobby:admit_all", lobby.LobbyAdmitAll, "lobby:admitted_all", lobby.LobbyAdmittedAll),
    RequestKind("lobby:deny", lobby.LobbyDeny, "lobby:denied", lobby.LobbyDenied),
    RequestKind("lobby:message", lobby.LobbyMessage, "lobby:messaged", lobby.LobbyMessaged),
    RequestKind("room:lobby", lobby.RoomLobby, "room:lobby_set", lobby.RoomLobbySet),
    RequestKind("token:refresh", token.TokenRefresh, "token:refreshed", token.TokenRefreshed),
)

REQUESTS: Final[Mapping[str, RequestKind]] = MappingProxyType({kind.event: kind for kind in _REQUESTS})
"""By event name."""

REQUEST_OF: Final[Mapping[type[Request], RequestKind]] = MappingProxyType({kind.payload: kind for kind in _REQUESTS})
"""By payload: a payload class belongs to one request."""

SESSION_REPLACED: Final = "session:replaced"
PARTICIPANT_JOINED: Final = "participant:joined"
PARTICIPANT_LEFT: Final = "participant:left"
PARTICIPANT_UPDATED: Final = "participant:updated"
PARTICIPANT_MUTED: Final = "participant:muted"
PARTICIPANT_SHARE_STOPPED: Final = "participant:share_stopped"
UNMUTE_REQUESTED: Final = "unmute:requested"
MEDIA_UPDATED: Final = "media:updated"
SCREEN_STARTED: Final = "screen:started"
SCREEN_STOPPED: Final = "screen:stopped"
HAND_RAISED: Final = "hand:raised"
REACTION_SENT: Final = "reaction:sent"
CHAT_MESSAGE: Final = "chat:message"
CHAT_EDITED: Final = "chat:edited"
CHAT_DELETED: Final = "chat:deleted"
POLL_CREATED: Final = "poll:created"
POLL_UPDATED: Final = "poll:updated"
POLL_CLOSED: Final = "poll:closed"
PRODUCER_ADDED: Final = "producer:added"
PRODUCER_REMOVED: Final = "producer:removed"
PRODUCER_PAUSED: Final = "producer:paused"
PRODUCER_RESUMED: Final = "producer:resumed"
PRODUCER_LAYERS_WANTED: Final = "producer:layers_wanted"
CONSUMER_CLOSED: Final = "consumer:closed"
CONSUMER_LAYERS_CHANGED: Final = "consumer:layers_changed"
DATA_PRODUCER_ADDED: Final = "data_producer:added"
DATA_PRODUCER_REMOVED: Final = "data_producer:removed"
DATA_PRODUCER_CLOSED: Final = "data_producer:closed"
DATA_CONSUMER_CLOSED: Final = "data_consumer:closed"
SPEAKER_CHANGED: Final = "speaker:changed"
MEDIA_RESET: Final = "media:reset"
TRANSPORT_CLOSED: Final = "transport:closed"
LOBBY_ASKED: Final = "lobby:asked"
LOBBY_RESOLVED: Final = "lobby:resolved"
LOBBY_UPDATED: Final = "lobby:updated"
LOBBY_ADMITTED: Final = "lobby:admitted"
LOBBY_DENIED: Final = "lobby:denied"
LOBBY_MESSAGE: Final = "lobby:message"
ROOM_LOBBY_SET: Final = "room:lobby_set"
ROOM_LOCKED: Final = "room:locked"
ROOM_FEATURES_SET: Final = "room:features_set"
ROOM_SPOTLIT: Final = "room:spotlit"
ROOM_CLOSED: Final = "room:closed"
MEETING_REMINDER: Final = "meeting:reminder"
TOKEN_EXPIRING: Final = "token:expiring"  # noqa: S105 - a name, no secret
TOKEN_ENDED: Final = "token:ended"  # noqa: S105

NOTIFICATIONS: Final[Mapping[str, type[Told]]] = MappingProxyType(
    {
        SESSION_REPLACED: room.SessionReplaced,
        PARTICIPANT_JOINED: participant.ParticipantView,
        PARTICIPANT_LEFT: participant.ParticipantLeft,
        PARTICIPANT_UPDATED: participant.ParticipantView,
        PARTICIPANT_MUTED: moderation.ParticipantMuted,
        PARTICIPANT_SHARE_STOPPED: moderation.ParticipantShareStopped,
        UNMUTE_REQUESTED: moderation.UnmuteRequested,
        MEDIA_UPDATED: media.MediaUpdated,
        SCREEN_STARTED: media.ScreenShare,
        SCREEN_STOPPED: media.ScreenShare,
        HAND_RAISED: participant.HandRaised,
        REACTION_SENT: participant.ReactionSent,
        CHAT_MESSAGE: chat.ChatMessageView,
        CHAT_EDITED: chat.ChatMessageView,
        CHAT_DELETED: chat.ChatMessageView,
        POLL_CREATED: poll.PollView,
        POLL_UPDATED: poll.PollUpdated,
        POLL_CLOSED: poll.PollView,
        PRODUCER_ADDED: media.ProducerView,
        PRODUCER_REMOVED: media.ProducerNamed,
        PRODUCER_PAUSED: media.ProducerNamed,
        PRODUCER_RESUMED: media.ProducerNamed,
        PRODUCER_LAYERS_WANTED: media.ProducerLayersWanted,
        CONSUMER_CLOSED: media.ConsumerNamed,
        CONSUMER_LAYERS_CHANGED: media.ConsumerLayersChanged,
        DATA_PRODUCER_ADDED: data.DataProducerView,
        DATA_PRODUCER_REMOVED: data.DataProducerNamed,
        DATA_PRODUCER_CLOSED: data.DataProducerClosed,
        DATA_CONSUMER_CLOSED: data.DataConsumerClosed,
        SPEAKER_CHANGED: media.SpeakerChanged,
        MEDIA_RESET: media.MediaReset,
        TRANSPORT_CLOSED: transport.TransportClosed,
        LOBBY_ASKED: lobby.WaitingView,
        LOBBY_RESOLVED: lobby.LobbyResolved,
        LOBBY_UPDATED: lobby.LobbyUpdated,
        LOBBY_ADMITTED: lobby.LobbyAdmittedNotice,
        LOBBY_DENIED: lobby.LobbyDeniedNotice,
        LOBBY_MESSAGE: lobby.LobbyMessageNotice,
        ROOM_LOBBY_SET: lobby.RoomLobbySet,
        ROOM_LOCKED: moderation.RoomLocked,
        ROOM_FEATURES_SET: moderation.RoomFeaturesSet,
        ROOM_SPOTLIT: moderation.RoomSpotlit,
        ROOM_CLOSED: room.RoomClosedNotice,
        MEETING_REMINDER: room.MeetingReminder,
        TOKEN_EXPIRING: token.TokenExpiring,
        TOKEN_ENDED: token.TokenEnded,
    }
)
"""By event name: what a client is told without asking."""

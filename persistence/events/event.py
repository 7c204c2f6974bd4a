"""The envelope every event travels in, and the catalogue of types it may carry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    SerializeAsAny,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from persistence.errors import InvalidEventError

from . import (
    account,
    alert,
    chat,
    client,
    data,
    failed,
    lobby,
    media,
    meeting,
    moderation,
    participant,
    poll,
    recording,
    retention,
    statistics,
    transcript,
    webhook,
    worker,
)
from .payload import Payload

CATALOGUE: Final[Mapping[str, type[Payload]]] = MappingProxyType(
    {
        payload.type: payload
        for payload in (
            meeting.MeetingCreated,
            meeting.MeetingUpdated,
            meeting.MeetingStarted,
            meeting.MeetingRevived,
            meeting.MeetingReminded,
            meeting.MeetingEnded,
            participant.ConferenceJoined,
            participant.ParticipantJoined,
            participant.ParticipantLeft,
            participant.RequestDenied,
            participant.ParticipantDisconnected,
            participant.ParticipantResumed,
            participant.HandRaised,
            participant.HandLowered,
            participant.ReactionSent,
            participant.ParticipantRenamed,
            participant.PresenceChanged,
            media.AudioMuted,
            media.AudioUnmuted,
            media.VideoMuted,
            media.VideoUnmuted,
            media.ScreenShareStarted,
            media.ScreenShareStopped,
            media.TrackAdded,
            media.TrackRemoved,
            media.LayerAdjusted,
            data.DataChannelOpened,
            data.DataChannelClosed,
            media.DominantSpeakerChanged,
            moderation.ParticipantMutedBy,
            moderation.UnmuteRequested,
            moderation.ScreenShareStoppedBy,
            moderation.ParticipantRemoved,
            moderation.ParticipantBlocked,
            moderation.ParticipantUnblocked,
            moderation.RoleChanged,
            moderation.PermissionsChanged,
            moderation.RoomLocked,
            moderation.RoomUnlocked,
            moderation.FeaturesChanged,
            moderation.SpotlightChanged,
            chat.ChatMessageSent,
            chat.ChatMessageEdited,
            chat.ChatMessageDeleted,
            poll.PollCreated,
            poll.PollVoted,
            poll.PollClosed,
            recording.RecordingStarted,
            recording.RecordingStopped,
            transcript.TranscriptionStarted,
            transcript.TranscriptionStopped,
            transcript.TranscriptChunk,
            lobby.LobbyAsked,
            lobby.LobbyAdmitted,
            lobby.LobbyDenied,
            lobby.LobbyTimedOut,
            lobby.LobbyLeft,
            lobby.LobbyMessaged,
            lobby.LobbyEnabled,
            lobby.LobbyDisabled,
            worker.WorkerDied,
            worker.RoomRecovered,
            statistics.TransportStats,
            statistics.ConnectionStats,
            client.ClientVideoFroze,
            client.ClientDeviceFailed,
            client.ClientNetworkChanged,
            client.ClientMediaFailed,
            alert.AlertFired,
            alert.AlertRecovered,
            alert.AlertRuleChanged,
            alert.RecordBehind,
            alert.RecordCaughtUp,
            retention.RetentionArchived,
            retention.PersonErased,
            account.AccountCreated,
            account.AccountPasswordChanged,
            account.TokenRevoked,
            failed.FailedEventsRetried,
            webhook.WebhookCreated,
            webhook.WebhookChanged,
            webhook.WebhookSecretRotated,
            webhook.WebhookReplayed,
            webhook.WebhookDisabled,
            webhook.WebhookDeleted,
        )
    }
)
"""Every type this version can validate, by its tag."""

SERVER_LOG: Final = "_server"
"""What happens to the server and not in a meeting is logged under this id. No meeting can be made with it."""

_CANONICAL_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _canonical(text: str) -> str:
    # Nearly every id is written that way already, and taking one apart costs a quarter of validating an event.
    return text if _CANONICAL_UUID.fullmatch(text) else str(UUID(text))


EventId = Annotated[str, AfterValidator(_canonical)]
MeetingId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
ParticipantId = MeetingId
UtcDatetime = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class Event(BaseModel):
    """A lifecycle fact (EVT-2). Frozen: what was journaled is what is stored, notified and counted.

    `event_id` is a UUID in its canonical text (version 7 for our own, so that ids sort by time); `timestamp` is when it
    happened, in UTC; `participant_id` is the actor.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_id: EventId
    type: str
    meeting_id: MeetingId
    participant_id: ParticipantId | None = None
    timestamp: UtcDatetime
    payload: SerializeAsAny[Payload]

    @field_validator("payload", mode="before")
    @classmethod
    def _read_payload_by_type(cls, value: object, info: ValidationInfo) -> Payload:
        schema = CATALOGUE.get(info.data.get("type", ""))
        if schema is None:
            raise ValueError("unknown event type")
        return schema.model_validate(value)

    @model_validator(mode="after")
    def _name_the_actor(self) -> Self:
        if self.payload.personal and self.participant_id is None:
            raise ValueError(f"{self.type} needs a participant_id")
        return self

    @classmethod
    def parse(cls, raw: object) -> Event:
        """Validate what came from outside or from the journal.

        Raises `InvalidEventError`, which repeats none of the input's values.
        """
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            raise InvalidEventError(_explain(error)) from error

    @classmethod
    def of(
        cls, payload: Payload, *, event_id: str, meeting_id: str, participant_id: str | None, timestamp: datetime
    ) -> Event:
        """Wrap a payload. Raises `InvalidEventError` for ids that break their grammar or an actor that is missing."""
        return cls.parse(
            {
                "event_id": event_id,
                "type": payload.type,
                "meeting_id": meeting_id,
                "participant_id": participant_id,
                "timestamp": timestamp,
                "payload": payload,
            }
        )


def _explain(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]

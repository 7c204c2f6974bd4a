"""Messages by which hosts run a meeting. `by` is always the participant id of the host who did it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from persistence.events.moderation import MOST_SPOTLIT
from persistence.features import Features
from signaling.messages.model import Id, Kind, Request, Told

UserId = Annotated[str, Field(min_length=1, max_length=255)]
RoleName = Literal["host", "co_host", "presenter", "participant", "observer"]


class TargetRequest(Request):
    """`participant_id`: whom it is done to, never who asks."""

    participant_id: Id


class ParticipantMute(TargetRequest):
    kind: Kind


class ParticipantMuted(Told):
    """The reply, and what the one who was muted hears; the others hear `media:updated`."""

    participant_id: str
    kind: Kind
    by: str


class RoomMuteAll(Request):
    """Everybody but the one who asks, and hosts if a co-host asks."""

    kind: Kind


class RoomMutedAll(Told):
    """`participant_ids`: who was on before and is muted now."""

    kind: Kind
    participant_ids: list[str]


class ParticipantAskUnmute(TargetRequest):
    """Nobody is unmuted by another: this asks, and lets them do it once where the room's features do not."""

    kind: Kind


class ParticipantUnmuteAsked(Told):
    participant_id: str
    kind: Kind


class UnmuteRequested(Told):
    """To whom a host asks to switch on their microphone (audio) or camera (video)."""

    kind: Kind
    by: str


class ParticipantStopShare(TargetRequest):
    pass


class ParticipantShareStopped(Told):
    """The reply, and what the one whose share was stopped hears; the others hear `screen:stopped`."""

    participant_id: str
    by: str


class HandLower(TargetRequest):
    pass


class HandLowerAll(Request):
    pass


class HandsLowered(Told):
    """Whose hands were up and are down now; the others hear `hand:raised` for each."""

    participant_ids: list[str]


class ParticipantRemove(TargetRequest):
    pass


class ParticipantRemoved(Told):
    """The others, and the one who was removed, hear `participant:left` with the reason `removed`."""

    participant_id: str


class ParticipantBlock(TargetRequest):
    """Removes all who are in with that user id and lets nobody in with it."""


class ParticipantBlocked(Told):
    """The others, and the one who was blocked, hear `participant:left` with the reason `blocked`."""

    participant_id: str
    user_id: str


class ParticipantUnblock(Request):
    user_id: UserId


class ParticipantUnblocked(Told):
    user_id: str


class RoomBlocks(Request):
    pass


class BlockView(Told):
    user_id: str
    display_name: str


class RoomBlocksListed(Told):
    blocked: list[BlockView]


class ParticipantSetRole(TargetRequest):
    role: RoleName


class ParticipantRoleSet(Told):
    """The others, and the one whose role changed, hear `participant:updated`."""

    participant_id: str
    role: RoleName


class ParticipantPermit(TargetRequest):
    """What is absent stays as it is."""

    can_share_screen: bool | None = None
    can_use_chat: bool | None = None
    is_presenter: bool | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.can_share_screen is None and self.can_use_chat is None and self.is_presenter is None:
            raise ValueError("name at least one permission")
        return self


class ParticipantPermitted(Told):
    """All permissions as they are now. The others, and the one they belong to, hear `participant:updated`."""

    participant_id: str
    can_share_screen: bool
    can_use_chat: bool
    is_presenter: bool


class RoomLock(Request):
    """A locked room takes in nobody new but hosts."""

    locked: bool


class RoomLocked(Told):
    locked: bool
    by: str


class RoomFeatures(Request):
    """What is absent stays as it is."""

    chat: bool | None = None
    screen_share: bool | None = None
    reactions: bool | None = None
    unmute: bool | None = None
    start_video: bool | None = None


class RoomFeaturesSet(Told):
    """All features as they are now."""

    features: Features
    by: str


class RoomSpotlight(Request):
    """Whom everybody shall see large, in this order; nobody when empty."""

    participant_ids: Annotated[list[Id], Field(max_length=MOST_SPOTLIT)]


class RoomSpotlit(Told):
    participant_ids: list[str]
    by: str

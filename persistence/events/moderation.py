"""Facts about who runs a meeting, and what hosts did to others. The event's participant is the host who did it.

`target` is the participant id of whom it was done to, `user_id` what they are known by beyond this one stay.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from persistence.features import Features

from .media import Kind
from .payload import Identifier, Payload, Reason, Text

MOST_SPOTLIT = 6


class ParticipantMutedBy(Payload):
    """A host switched somebody's microphone (audio) or camera (video) off."""

    type = "participant.muted_by"

    target: Identifier
    kind: Kind


class UnmuteRequested(Payload):
    """A host asked somebody to switch their microphone or camera on. Whether they did is `audio.unmuted`, ..."""

    type = "unmute.requested"

    target: Identifier
    kind: Kind


class ScreenShareStoppedBy(Payload):
    type = "screen_share.stopped_by"

    target: Identifier


class ParticipantRemoved(Payload):
    type = "participant.removed"

    target: Identifier
    user_id: Identifier


class ParticipantBlocked(Payload):
    """Whoever comes with this user id is not let in, until `participant.unblocked`."""

    type = "participant.blocked"

    user_id: Identifier
    display_name: Text


class ParticipantUnblocked(Payload):
    type = "participant.unblocked"

    user_id: Identifier


class RoleChanged(Payload):
    """By a host, or by nobody: the oldest co-host inherits the room when its last host leaves."""

    type = "role.changed"
    personal = False

    target: Identifier
    user_id: Identifier
    from_role: Reason
    to_role: Reason


class PermissionsChanged(Payload):
    """A participant's permissions as they are from now on (SIG-13)."""

    type = "permissions.changed"

    target: Identifier
    user_id: Identifier
    can_share_screen: bool
    can_use_chat: bool
    is_presenter: bool


class RoomLocked(Payload):
    type = "room.locked"


class RoomUnlocked(Payload):
    type = "room.unlocked"


class FeaturesChanged(Payload):
    """What is switched on for everybody from now on."""

    type = "features.changed"

    features: Features


class SpotlightChanged(Payload):
    """Whom everybody sees large from now on, in this order; nobody when empty."""

    type = "spotlight.changed"

    targets: Annotated[list[Identifier], Field(max_length=MOST_SPOTLIT)]

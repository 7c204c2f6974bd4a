"""Messages about people: who is there, and what they show of themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from signaling.messages.model import Id, Request, Told

Presence = Literal["active", "away"]


class ParticipantView(Told):
    """A participant as everybody in the room sees them: an entry of `participants[]`, `participant:joined`, `:updated`.

    `audio` and `video` say whether the microphone and the camera are on, `presence` whether somebody is at the device.
    With a raised hand come its place in the queue, 1 being next, and when it went up (RFC 3339, UTC).
    `can_share_screen`, `can_use_chat`, `is_presenter`: their own permissions, which hosts change.
    """

    participant_id: str
    user_id: str
    display_name: str
    role: str
    audio: bool
    video: bool
    screen: bool
    connected: bool = True
    presence: Presence = "active"
    hand_raised: bool
    hand_position: int | None = None
    hand_raised_at: str | None = None
    can_share_screen: bool
    can_use_chat: bool
    is_presenter: bool


class ParticipantLeft(Told):
    """`reason`: left, disconnected, removed, blocked, room_closed."""

    participant_id: str
    user_id: str
    reason: str


class HandRaise(Request):
    raised: bool


class HandRaised(Told):
    """`position` in the queue of raised hands, 1 being next; lowered hands have none, and those behind move up.

    `by`: the host who lowered it, where that was not the participant.
    """

    participant_id: str
    raised: bool
    position: int | None = None
    by: str | None = None


class ReactionSend(Request):
    """`reaction` is one emoji or a short word."""

    reaction: Annotated[str, Field(min_length=1, max_length=32)]


class ReactionSent(Told):
    participant_id: str
    reaction: str


class PresenceSet(Request):
    """`active` holds for `limits.presence_ttl_s`; whoever is still there says so again before."""

    presence: Presence


class PresenceUpdated(Told):
    """The others hear `participant:updated` when it changed."""

    participant_id: str
    presence: Presence


class ParticipantRename(Request):
    """The name one is shown by; with `participant_id` that of somebody else, by hosts."""

    display_name: Annotated[str, Field(min_length=1, max_length=1024)]
    participant_id: Id | None = None


class ParticipantRenamed(Told):
    """The name as it is kept. The others, and the one whose it is, hear `participant:updated`."""

    participant_id: str
    display_name: str

"""Messages about people: who is there, and what they show of themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from signaling.messages.model import Request, Told


class ParticipantView(Told):
    """A participant as everybody in the room sees them: an entry of `participants[]`, and `participant:joined`.

    `audio` and `video` say whether the microphone and the camera are on.
    """

    participant_id: str
    user_id: str
    display_name: str
    role: str
    audio: bool
    video: bool
    screen: bool
    hand_raised: bool


class ParticipantLeft(Told):
    """`reason`: left, disconnected, room_closed."""

    participant_id: str
    user_id: str
    reason: str


class HandRaise(Request):
    raised: bool


class HandRaised(Told):
    participant_id: str
    raised: bool


class ReactionSend(Request):
    """`reaction` is one emoji or a short word."""

    reaction: Annotated[str, Field(min_length=1, max_length=32)]


class ReactionSent(Told):
    participant_id: str
    reaction: str

"""Facts about who is in a meeting and what they show of themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .payload import Identifier, Payload, Reason, Text


class ConferenceJoined(Payload):
    """A connection entered the room; with `resumed` it took over the place of an earlier one.

    `resume_key` is the SHA-256 of the token that the next connection may come with: of no use to who reads it.
    """

    type = "conference.joined"

    user_id: Identifier
    display_name: Text
    resumed: bool = False
    client: Text | None = None
    resume_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class ParticipantJoined(Payload):
    """A new participant. Their `participant_id` names this one stay: coming back after leaving makes another."""

    type = "participant.joined"

    user_id: Identifier
    display_name: Text
    role: Reason


class RequestDenied(Payload):
    """They asked, in this role, for what they have no right to; nothing came of it. Of many such requests, some."""

    type = "request.denied"

    user_id: Identifier
    request: Reason
    role: Reason


class ParticipantLeft(Payload):
    type = "participant.left"

    user_id: Identifier
    reason: Reason


class ParticipantDisconnected(Payload):
    """Their connection was lost; they are in the room still, for a while."""

    type = "participant.disconnected"


class ParticipantResumed(Payload):
    """They came back in time, as who they were."""

    type = "participant.resumed"

    away_s: Annotated[float, Field(ge=0)]


class HandRaised(Payload):
    type = "hand.raised"


class HandLowered(Payload):
    """`by`: the participant id of the host who lowered it, where that was somebody else."""

    type = "hand.lowered"

    by: Identifier | None = None


class ReactionSent(Payload):
    type = "reaction.sent"

    reaction: Reason


class ParticipantRenamed(Payload):
    """They, or a host, changed the name they are shown by. `target` is the participant, the event's is who did it."""

    type = "participant.renamed"

    target: Identifier
    user_id: Identifier
    from_name: Text
    display_name: Text


class PresenceChanged(Payload):
    """Whether somebody is at their device: as they said, or because nothing was heard of them for long."""

    type = "presence.changed"

    presence: Literal["active", "away"]

"""Facts about a meeting as a whole."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from persistence.features import Features

from .payload import Identifier, Payload, Reason, Text, sanitise

Occasion = Literal["start", "end"]


class MeetingSettings(BaseModel):
    """What people made of a meeting, all of it but its password, which no log has to know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(max_length=255), AfterValidator(sanitise)]
    description: Annotated[str, Field(max_length=10_000), AfterValidator(sanitise)]
    max_participants: Annotated[int, Field(ge=1)] | None
    guests_allowed: bool
    lobby: bool
    features: Features
    scheduled_start_time: AwareDatetime | None
    scheduled_end_time: AwareDatetime | None


class MeetingCreated(Payload):
    """`settings` are those it began with; events of earlier servers lack them."""

    type = "meeting.created"
    personal = False

    title: Text
    creator_id: Identifier | None = None
    settings: MeetingSettings | None = None


class MeetingUpdated(Payload):
    """Somebody changed what the meeting is, not what happens in it. `changed` are the names of what they set.

    `settings` are all there are since; events of earlier servers lack them.
    """

    type = "meeting.updated"
    personal = False

    changed: Annotated[list[Reason], Field(max_length=64)]
    revision: Annotated[int, Field(ge=1)]
    settings: MeetingSettings | None = None


class MeetingStarted(Payload):
    """The room opened: the first participant is about to be in it. `node` is where it is until it ends."""

    type = "meeting.started"
    personal = False

    title: Text
    node: Identifier | None = None


class MeetingRevived(Payload):
    """The server had ended without a word, and another has the room again; `participants` are waited for."""

    type = "meeting.revived"
    personal = False

    participants: Annotated[int, Field(ge=1)]


class MeetingReminded(Payload):
    """So many people who were there were told that it begins or ends, as scheduled, at that time (RFC 3339, UTC)."""

    type = "meeting.reminded"
    personal = False

    about: Occasion
    at: Annotated[str, Field(max_length=40)]
    people: Annotated[int, Field(ge=1)]


class MeetingEnded(Payload):
    type = "meeting.ended"
    personal = False

    reason: Reason

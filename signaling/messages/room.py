"""Messages about a room as a whole: making, entering, leaving and closing it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from persistence.events.meeting import Occasion
from persistence.features import Features
from persistence.schedule import Moment, check_order
from signaling.messages.chat import ChatPage
from signaling.messages.data import DataProducerView
from signaling.messages.media import ProducerView
from signaling.messages.model import IceServer, MeetingId, Request, RtpCapabilities, Told
from signaling.messages.moderation import RoomFeatures
from signaling.messages.participant import ParticipantView
from signaling.messages.poll import PollView


class MeetingView(Told):
    """A meeting as anybody who may join it sees it. The scheduled times are RFC 3339, in UTC."""

    id: str
    title: str
    status: str
    creator_id: str | None = None
    max_participants: int | None = None
    has_password: bool
    lobby: bool
    scheduled_start_time: str | None = None
    scheduled_end_time: str | None = None


class RoomCreate(Request):
    """The limits of the text are those of the configuration, below the caps here.

    With `lobby`, whoever is not a host waits until one lets them in; `features` are what everybody may do at first.
    """

    title: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    description: Annotated[str, Field(max_length=10_000)] = ""
    password: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    max_participants: Annotated[int, Field(ge=1, le=10_000)] | None = None
    guests_allowed: bool = True
    lobby: bool = False
    features: RoomFeatures | None = None
    scheduled_start_time: Moment | None = None
    scheduled_end_time: Moment | None = None

    @model_validator(mode="after")
    def ordered(self) -> Self:
        check_order(self.scheduled_start_time, self.scheduled_end_time)
        return self


class RoomCreated(Told):
    meeting: MeetingView


class RoomJoin(Request):
    """`chat_seen`: the `revision` of the chat one knows, on coming back; what changed since is the answer's `chat`."""

    meeting_id: MeetingId
    display_name: Annotated[str, Field(max_length=1024)] | None = None
    password: Annotated[str, Field(max_length=128)] | None = None
    resume_token: Annotated[str, Field(max_length=256)] | None = None
    chat_seen: Annotated[int, Field(ge=0)] | None = None


class Resumed(Told):
    """Of one's own, what lives still: everything else of before is gone. Producers are among `producers`."""

    transports: list[str]
    consumers: list[str]
    data_consumers: list[str]


class RoomJoined(Told):
    """With `resumed`, one is who one was: same id, role, hand, mutes and media; `resume_token` is for the next time.

    `participants` includes the joiner; `producers` are all that are open; `speaker` has the floor, if anybody.

    `features` are what hosts have left switched on for everybody; `spotlight` are the participants to be seen large.
    """

    meeting: MeetingView
    participant_id: str
    your_role: str
    participants: list[ParticipantView]
    producers: list[ProducerView]
    data_producers: list[DataProducerView]
    speaker: str | None = None
    features: Features
    locked: bool
    lobby: bool
    spotlight: list[str]
    chat: ChatPage
    polls: list[PollView]
    router_rtp_capabilities: RtpCapabilities = Field(alias="routerRtpCapabilities")
    ice_servers: list[IceServer] = Field(alias="iceServers")
    resume_token: str
    resumed: Resumed | None = None


class SessionReplaced(Told):
    """Another connection of one's own carries one on in the meeting; this one is about to be closed."""


class RoomLeave(Request):
    pass


class RoomLeft(Told):
    meeting_id: str


class RoomClose(Request):
    pass


class RoomClosed(Told):
    """The reply to `room:close`."""

    meeting_id: str


class RoomClosedNotice(Told):
    """`room:closed` as everybody else hears it. `reason`: closed_by_host, media_unavailable, server_stopping."""

    meeting_id: str
    reason: str


class MeetingReminder(Told):
    """The meeting begins or ends, as it is scheduled now, at that time (RFC 3339, UTC), which is in so many seconds."""

    meeting_id: str
    about: Occasion
    at: str
    in_s: int

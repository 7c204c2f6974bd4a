"""Meetings: create one, look one up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from config.settings import LimitSettings
from persistence.features import Features
from persistence.repositories.meetings import Meeting, NewMeeting
from persistence.schedule import Moment, check_order
from persistence.store import Store
from server.api.conditions import tag_of
from server.api.contract import Access, Answer, Body, Call, Rate, Route, Tagged
from server.api.errors import ApiError
from signaling.admission import role_of
from signaling.identity import Identity
from signaling.passwords import Passwords
from signaling.roles import HOSTS


class CreateMeeting(Body):
    title: str = Field("Meeting", min_length=1, max_length=255)
    description: str = Field("", max_length=10_000)
    max_participants: int | None = Field(None, ge=1, le=10_000)
    guests_allowed: bool = True
    password: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=128)] | None = None
    lobby: bool = False
    features: Features = Features()
    scheduled_start_time: Moment | None = None
    scheduled_end_time: Moment | None = None

    @field_validator("title")
    @classmethod
    def printable(cls, title: str) -> str:
        return check_printable(title)

    @model_validator(mode="after")
    def ordered(self) -> Self:
        check_order(self.scheduled_start_time, self.scheduled_end_time)
        return self


class MeetingAnswer(Answer):
    id: str
    title: str
    description: str
    status: str
    max_participants: int | None
    guests_allowed: bool
    has_password: bool
    lobby: bool
    features: Features
    hosted_by_you: bool
    current_participants_count: int
    created_at: datetime
    scheduled_start_time: datetime | None
    scheduled_end_time: datetime | None
    actual_start_time: datetime | None
    actual_end_time: datetime | None


class MeetingsApi:
    def __init__(self, store: Store, passwords: Passwords, limits: LimitSettings) -> None:
        self._store = store
        self._passwords = passwords
        self._limits = limits

    def routes(self) -> list[Route]:
        return [
            Route(
                "POST",
                "/api/meetings",
                "Create a meeting; its creator hosts it",
                self.create,
                MeetingAnswer,
                body=CreateMeeting,
                status=201,
                errors=("ACCESS_DENIED", "VALIDATION"),
                rate=Rate.CREATION,
            ),
            Route(
                "GET",
                "/api/meetings/{id}",
                "What anybody holding the code may know of a meeting",
                self.get,
                MeetingAnswer,
                Access.PUBLIC,
                errors=("NOT_FOUND",),
            ),
        ]

    async def create(self, call: Call) -> Tagged:
        request: CreateMeeting = call.body
        if not call.caller.may("room_create"):
            raise ApiError("ACCESS_DENIED", "This token may not create meetings.")
        check_length("title", request.title, self._limits.title_length)
        check_length("description", request.description, self._limits.description_length)
        new = NewMeeting(
            title=request.title,
            description=request.description,
            creator_id=call.caller.user_id,
            max_participants=request.max_participants,
            guests_allowed=request.guests_allowed,
            password_hash=await self._passwords.hash(request.password) if request.password else None,
            lobby=request.lobby,
            features=request.features,
            scheduled_start_time=request.scheduled_start_time,
            scheduled_end_time=request.scheduled_end_time,
        )
        meeting = await self._store.meetings.create(new)
        return Tagged(as_answer(meeting, call.identity), tag_of(meeting.revision))

    async def get(self, call: Call) -> Tagged:
        meeting = await self._store.meetings.get(call.path["id"])
        if meeting is None:
            raise ApiError("NOT_FOUND", "There is no such meeting.")
        return Tagged(as_answer(meeting, call.identity), tag_of(meeting.revision))


def check_printable(title: str) -> str:
    """Raises ValueError."""
    if not title.isprintable():
        raise ValueError("must not hold control characters")
    return title


def check_length(name: str, text: str, most: int) -> None:
    if len(text) > most:
        raise ApiError("VALIDATION", f"{name}: at most {most} characters")


def as_answer(meeting: Meeting, caller: Identity | None) -> MeetingAnswer:
    return MeetingAnswer(
        id=meeting.id,
        title=meeting.title,
        description=meeting.description,
        status=meeting.status,
        max_participants=meeting.max_participants,
        guests_allowed=meeting.guests_allowed,
        has_password=meeting.password_hash is not None,
        lobby=meeting.lobby,
        features=meeting.features,
        hosted_by_you=caller is not None and role_of(caller, meeting) in HOSTS,
        current_participants_count=meeting.current_participants_count,
        created_at=meeting.created_at,
        scheduled_start_time=meeting.scheduled_start_time,
        scheduled_end_time=meeting.scheduled_end_time,
        actual_start_time=meeting.actual_start_time,
        actual_end_time=meeting.actual_end_time,
    )

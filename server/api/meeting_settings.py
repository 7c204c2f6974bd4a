"""Changing a meeting: what it is called, and how its next room begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator

from config.settings import LimitSettings
from persistence.features import Features
from persistence.repositories.meetings import Meeting
from persistence.schedule import Moment, check_order
from persistence.store import Store
from server.api.conditions import required_revision, stale, tag_of
from server.api.contract import Body, Call, Route, Tagged
from server.api.errors import ApiError
from server.api.meetings import MeetingAnswer, as_answer, check_length, check_printable
from signaling.admission import role_of
from signaling.identity import Identity
from signaling.passwords import Passwords
from signaling.roles import Role


class ChangeFeatures(Body):
    """What is absent stays as it is."""

    chat: bool | None = None
    screen_share: bool | None = None
    reactions: bool | None = None
    unmute: bool | None = None
    start_video: bool | None = None


class ChangeMeeting(Body):
    """What is absent stays as it is. `null` takes a password, a limit of people or a scheduled time away."""

    title: str = Field("Meeting", min_length=1, max_length=255)
    description: str = Field("", max_length=10_000)
    max_participants: int | None = Field(None, ge=1, le=10_000)
    guests_allowed: bool = True
    password: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=128)] | None = None
    lobby: bool = False
    features: ChangeFeatures = ChangeFeatures()
    scheduled_start_time: Moment | None = None
    scheduled_end_time: Moment | None = None

    @field_validator("title")
    @classmethod
    def printable(cls, title: str) -> str:
        return check_printable(title)


class MeetingSettingsApi:
    def __init__(self, store: Store, passwords: Passwords, limits: LimitSettings) -> None:
        self._store = store
        self._passwords = passwords
        self._limits = limits

    def routes(self) -> list[Route]:
        return [
            Route(
                "PATCH",
                "/api/meetings/{id}",
                "Change a meeting; a room that is live goes on as its hosts run it",
                self.change,
                MeetingAnswer,
                body=ChangeMeeting,
                errors=("NOT_FOUND", "ACCESS_DENIED", "CONFLICT"),
                conditional=True,
            )
        ]

    async def change(self, call: Call) -> Tagged:
        request: ChangeMeeting = call.body
        meeting = await self._store.meetings.get(call.path["id"])
        if meeting is None:
            raise ApiError("NOT_FOUND", "There is no such meeting.")
        if not _may_change(call.caller, meeting):
            raise ApiError("ACCESS_DENIED", "Only its hosts may change a meeting.")
        revision = required_revision(call.if_match)
        check_length("title", request.title, self._limits.title_length)
        check_length("description", request.description, self._limits.description_length)
        changes = await self._changes(request, meeting.features)
        _check_schedule(meeting, changes)
        told = sorted(request.model_fields_set)
        changed = await self._store.meetings.change(meeting.id, changes, told=told, revision=revision)
        if changed is None:
            raise stale()
        return Tagged(as_answer(changed, call.identity), tag_of(changed.revision))

    async def _changes(self, request: ChangeMeeting, features: Features) -> dict[str, Any]:
        changes = request.model_dump(exclude_unset=True, exclude={"password", "features"})
        if "password" in request.model_fields_set:
            changes["password_hash"] = await self._passwords.hash(request.password) if request.password else None
        if "features" in request.model_fields_set:
            wanted = request.features.model_dump(exclude_none=True)
            changes["features"] = features.model_copy(update=wanted).model_dump()
        return changes


def _may_change(caller: Identity, meeting: Meeting) -> bool:
    """Whose meeting it is. A token that names another meeting says nothing about this one."""
    return caller.meeting in {None, meeting.id} and role_of(caller, meeting) is Role.HOST


def _check_schedule(meeting: Meeting, changes: Mapping[str, Any]) -> None:
    """As it will be: one of the times may stay as it is."""
    changed = meeting.model_copy(update=dict(changes))
    try:
        check_order(changed.scheduled_start_time, changed.scheduled_end_time)
    except ValueError as error:
        raise ApiError("VALIDATION", str(error)) from None

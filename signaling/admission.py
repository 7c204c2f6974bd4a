"""Who may enter which meeting, and as what."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

import structlog

from persistence.errors import MeetingExistsError
from persistence.events import MeetingCreated
from persistence.repositories.meetings import Meeting, NewMeeting
from persistence.tables import MeetingStatus
from signaling.errors import ErrorCode, SignalingError, not_found
from signaling.identity import ROOM_CREATE, ROOM_JOIN, Identity
from signaling.passwords import Passwords
from signaling.ports import Store
from signaling.rates.creations import Creations
from signaling.roles import Role

DEFAULT_TITLE = "Meeting"
log = structlog.get_logger(__name__)


class Admission:
    """Finds or makes the meeting somebody wants to enter, and refuses who may not."""

    def __init__(self, store: Store, passwords: Passwords, creations: Creations) -> None:
        self._store = store
        self._passwords = passwords
        self._creations = creations
        self._making: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def admit(self, identity: Identity, meeting_id: str, password: str | None) -> Meeting:
        """Raises ACCESS_DENIED (another meeting's token, no grant, no guests, wrong password), NOT_FOUND, CONFLICT."""
        if identity.meeting not in (None, meeting_id) or not identity.may(ROOM_JOIN):
            raise SignalingError(ErrorCode.ACCESS_DENIED, "Your token does not let you join this meeting.")
        meeting = await self._store.meetings.find(meeting_id) or await self._make(identity, meeting_id)
        if meeting.status is MeetingStatus.CANCELLED:
            raise SignalingError(ErrorCode.CONFLICT, "The meeting was cancelled.")
        if identity.is_guest and not meeting.guests_allowed and role_of(identity, meeting) is not Role.HOST:
            raise SignalingError(ErrorCode.ACCESS_DENIED, "The meeting does not admit guests.")
        # Whoever set it need not show that they know it.
        if identity.user_id != meeting.creator_id:
            await self._check_password(meeting, password)
        return meeting

    async def create(self, new: NewMeeting) -> Meeting:
        """Store a meeting and record that it was made. Raises RATE_LIMITED for who makes too many."""
        if new.creator_id is not None:
            await self._creations.admit(new.creator_id)
        meeting = await self._store.meetings.create(new)
        await self._store.emitter.emit(meeting.id, MeetingCreated(title=meeting.title, creator_id=meeting.creator_id))
        log.info("meeting_created", meeting_id=meeting.id, user_id=meeting.creator_id)
        return meeting

    async def _make(self, identity: Identity, meeting_id: str) -> Meeting:
        if identity.meeting != meeting_id or not identity.holds(ROOM_CREATE):
            raise not_found("meeting")
        # All who come to a new meeting come at once: one of them makes it, the others find it.
        turn = self._making.setdefault(meeting_id, asyncio.Lock())
        async with turn:
            if (meeting := await self._store.meetings.find(meeting_id)) is not None:
                return meeting
            try:
                return await self.create(NewMeeting(id=meeting_id, title=DEFAULT_TITLE, creator_id=identity.user_id))
            except MeetingExistsError:
                # Somebody on another node was faster.
                meeting = await self._store.meetings.find(meeting_id)
                if meeting is None:
                    raise
                return meeting

    async def _check_password(self, meeting: Meeting, password: str | None) -> None:
        if meeting.password_hash is None:
            return
        if password is None or not await self._passwords.verify(meeting.password_hash, password):
            raise SignalingError(ErrorCode.ACCESS_DENIED, "The meeting's password is missing or wrong.")


def role_of(identity: Identity, meeting: Meeting) -> Role:
    """The token's role, else host for whoever made the meeting, else participant."""
    if identity.role is not None:
        return identity.role
    return Role.HOST if identity.user_id == meeting.creator_id else Role.PARTICIPANT

"""Who may enter which meeting, and as what."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

import structlog

from persistence.errors import MeetingExistsError
from persistence.repositories.meetings import Meeting, NewMeeting
from persistence.tables import MeetingStatus
from signaling.errors import ErrorCode, SignalingError, not_found
from signaling.identity import ROOM_CREATE, ROOM_JOIN, Identity
from signaling.passwords import Passwords
from signaling.ports import Store
from signaling.rates.creations import Creations
from signaling.rates.password_tries import PasswordTries
from signaling.roles import Role
from signaling.session import Session

DEFAULT_TITLE = "Meeting"
log = structlog.get_logger(__name__)


class Admission:
    """Finds or makes the meeting somebody wants to enter, and refuses who may not.

    What costs least is asked first. Who is in already and comes back is asked for the first step alone.
    """

    def __init__(self, store: Store, passwords: Passwords, creations: Creations, tries: PasswordTries) -> None:
        self._store = store
        self._passwords = passwords
        self._creations = creations
        self._tries = tries
        self._making: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def check_token(self, identity: Identity, meeting_id: str) -> None:
        """Raises ACCESS_DENIED: another meeting's token, or no grant."""
        if identity.meeting not in (None, meeting_id) or not identity.may(ROOM_JOIN):
            raise SignalingError(ErrorCode.ACCESS_DENIED, "Your token does not let you join this meeting.")

    async def find(self, identity: Identity, meeting_id: str) -> Meeting | None:
        """None for one that is theirs to make. Raises NOT_FOUND."""
        meeting = await self._store.meetings.find(meeting_id)
        if meeting is None and (identity.meeting != meeting_id or not identity.holds(ROOM_CREATE)):
            raise not_found("meeting")
        return meeting

    def check(self, identity: Identity, meeting: Meeting) -> None:
        """Raises CONFLICT, and ACCESS_DENIED for guests where none are admitted."""
        if meeting.status is MeetingStatus.CANCELLED:
            raise SignalingError(ErrorCode.CONFLICT, "The meeting was cancelled.")
        if identity.is_guest and not meeting.guests_allowed and role_of(identity, meeting) is not Role.HOST:
            raise SignalingError(ErrorCode.ACCESS_DENIED, "The meeting does not admit guests.")

    async def check_password(self, session: Session, meeting: Meeting, password: str | None) -> None:
        """Raises ACCESS_DENIED, RATE_LIMITED after too many wrong ones, UNAVAILABLE."""
        user_id = session.identity.user_id
        # Whoever set it need not show that they know it.
        if meeting.password_hash is None or user_id == meeting.creator_id:
            return
        tries = self._tries.of(user_id, session.address, meeting.id)
        if password is None or not await self._passwords.verify(meeting.password_hash, password, tries):
            raise SignalingError(ErrorCode.ACCESS_DENIED, "The meeting's password is missing or wrong.")

    async def count_creation(self, user_id: str) -> None:
        """Before anything is done for a new meeting. Raises RATE_LIMITED for who makes too many."""
        await self._creations.admit(user_id)

    async def create(self, new: NewMeeting) -> Meeting:
        """Store a meeting and record that it was made."""
        meeting = await self._store.meetings.create(new)
        log.info("meeting_created", meeting_id=meeting.id, user_id=meeting.creator_id)
        return meeting

    async def make(self, identity: Identity, meeting_id: str) -> Meeting:
        """What `find` did not find; by now it may be somebody else's. Raises RATE_LIMITED."""
        # All who come to a new meeting come at once: one of them makes it, the others find it.
        turn = self._making.setdefault(meeting_id, asyncio.Lock())
        async with turn:
            if (meeting := await self._store.meetings.find(meeting_id)) is not None:
                return meeting
            await self.count_creation(identity.user_id)
            try:
                return await self.create(NewMeeting(id=meeting_id, title=DEFAULT_TITLE, creator_id=identity.user_id))
            except MeetingExistsError:
                # Somebody on another node was faster.
                meeting = await self._store.meetings.find(meeting_id)
                if meeting is None:
                    raise
                return meeting


def role_of(identity: Identity, meeting: Meeting) -> Role:
    """The token's role, else host for whoever made the meeting, else participant."""
    if identity.role is not None:
        return identity.role
    return Role.HOST if identity.user_id == meeting.creator_id else Role.PARTICIPANT

"""What signaling needs of the packages below it, as far as it needs it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from persistence.events import Event, Payload
from persistence.repositories.chats import ChatMessage
from persistence.repositories.meetings import Meeting, NewMeeting
from persistence.repositories.polls import Poll, PollResponse
from persistence.schedule import Schedule


class Record(Protocol):
    """Where facts become events. Implemented by persistence's Emitter."""

    async def emit(
        self, meeting_id: str, *facts: Payload | tuple[Payload, str | None], participant_id: str | None = None
    ) -> object:
        """Returns once the facts are durable, all or none. A fact may bring its actor. Raises PersistenceError."""
        ...


class Meetings(Protocol):
    """Implemented by persistence's Meetings."""

    async def create(self, new: NewMeeting) -> Meeting:
        """Also records that it was made. Raises MeetingExistsError when the id is taken."""
        ...

    async def get(self, meeting_id: str) -> Meeting | None: ...

    async def find(self, meeting_id: str) -> Meeting | None:
        """As people set it; does not wait for facts that are on their way."""
        ...

    async def schedules(self, meeting_ids: Sequence[str]) -> list[Schedule]:
        """Of those among them that have a start or an end. Raises PersistenceError."""
        ...


class Blocks(Protocol):
    """Implemented by persistence's Blocks."""

    async def of(self, meeting_id: str) -> dict[str, str]:
        """Display names by user id."""
        ...


class ChatArchive(Protocol):
    """Implemented by persistence's Chats. All raise PersistenceError."""

    async def latest(self, meeting_id: str, limit: int) -> tuple[list[ChatMessage], int]:
        """The last messages, oldest first, and the revision of the whole chat."""
        ...

    async def before(self, meeting_id: str, number: int, *, reader: str, limit: int) -> list[ChatMessage]:
        """The last ones before that number that this user may read, oldest first."""
        ...

    async def one(self, meeting_id: str, message_id: str) -> ChatMessage | None: ...


class Runs(Protocol):
    """Implemented by persistence's Runs."""

    async def unfinished(self) -> list[str]:
        """The meetings that have begun and not ended, on whichever node."""
        ...

    def last(self, meeting_id: str, types: Sequence[str]) -> AsyncIterator[Event]:
        """Of the meeting's last run, in order, `meeting.started` first."""
        ...


class PollArchive(Protocol):
    """Implemented by persistence's Polls."""

    async def of(self, meeting_id: str) -> list[tuple[Poll, list[PollResponse]]]:
        """The oldest poll first. Raises PersistenceError."""
        ...


class Store(Protocol):
    @property
    def node(self) -> str: ...

    @property
    def runs(self) -> Runs: ...

    @property
    def emitter(self) -> Record: ...

    @property
    def meetings(self) -> Meetings: ...

    @property
    def blocks(self) -> Blocks: ...

    @property
    def chats(self) -> ChatArchive: ...

    @property
    def polls(self) -> PollArchive: ...

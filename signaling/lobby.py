"""The lobby: who waits to be let into which meeting, whether its room is live or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

import structlog

from persistence.errors import PersistenceError
from persistence.events import LobbyAdmitted, LobbyAsked, LobbyDenied, LobbyLeft, LobbyTimedOut, Payload
from signaling.errors import ErrorCode, SignalingError, not_found
from signaling.messages import catalogue, lobby
from signaling.messages.model import Told
from signaling.roles import HOSTS

if TYPE_CHECKING:
    from persistence.repositories.meetings import Meeting
    from signaling.participant import Participant
    from signaling.ports import Record
    from signaling.rooms import Registry
    from signaling.session import Session

TICK_S: Final = 1.0
"""So often those who wait are told of their place, and those who waited too long are sent away."""
log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Waiting:
    """One time of waiting. `announced` once its own client has been answered: before that nobody decides about it.

    `admitted`: let in, and not come yet.
    """

    id: str
    meeting_id: str
    session: Session
    display_name: str
    asked_at: datetime
    deadline: float
    announced: bool = False
    admitted: bool = False
    told: tuple[int, bool] = field(default=(0, False))
    """Their place and whether a host is there, as they know it."""

    @property
    def user_id(self) -> str:
        return self.session.identity.user_id

    def view(self) -> lobby.WaitingView:
        return lobby.WaitingView(
            waiting_id=self.id,
            user_id=self.user_id,
            display_name=self.display_name,
            asked_at=self.asked_at.isoformat(),
        )


class Lobbies:
    """The queues of all meetings. `run` tells those who wait how things stand, and ends what lasts too long.

    At most `most` wait for one meeting, and nobody twice: who asks again on another connection takes their own place.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        record: Record,
        new_id: Callable[[], str],
        now: Callable[[], datetime],
        most: int,
        timeout_s: float,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._registry = registry
        self._record = record
        self._new_id = new_id
        self._now = now
        self._most = most
        self._timeout_s = timeout_s
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._queues: dict[str, dict[str, Waiting]] = {}
        self._somebody = asyncio.Event()

    def meetings(self) -> list[str]:
        """Those that somebody waits for."""
        return list(self._queues)

    def waiting(self, meeting_id: str) -> list[Waiting]:
        """Whom hosts can decide about, the longest waiting first."""
        return [waiting for waiting in self._queues.get(meeting_id, {}).values() if waiting.announced]

    def waits(self, waiting: Waiting) -> bool:
        """Whether nobody has decided about them yet; to be asked after each wait."""
        return waiting.id in self._queues.get(waiting.meeting_id, {})

    def find(self, meeting_id: str, waiting_id: str) -> Waiting:
        """Raises NOT_FOUND."""
        waiting = self._queues.get(meeting_id, {}).get(waiting_id)
        if waiting is None or not waiting.announced:
            raise not_found("waiting person")
        return waiting

    async def ask(self, session: Session, meeting: Meeting, display_name: str) -> lobby.LobbyWaiting:
        """Wait, from now on. Asking again changes nothing. Raises CAPACITY_EXCEEDED, UNAVAILABLE (over already)."""
        waiting = session.waiting
        if waiting is None:
            waiting = await self._enqueue(session, meeting.id, display_name)
        waiting.told = position, host_present = self._standing(waiting)
        return lobby.LobbyWaiting(
            waiting=True,
            waiting_id=waiting.id,
            meeting_id=meeting.id,
            title=meeting.title,
            position=position,
            host_present=host_present,
            timeout_s=self._timeout_s,
        )

    async def _enqueue(self, session: Session, meeting_id: str, display_name: str) -> Waiting:
        queue = self._queues.get(meeting_id, {})
        earlier = next((other for other in queue.values() if other.user_id == session.identity.user_id), None)
        if earlier is None and len(queue) >= self._most:
            raise SignalingError(ErrorCode.CAPACITY_EXCEEDED, "As many people wait for this meeting as can.")
        waiting = Waiting(
            self._new_id(), meeting_id, session, display_name, self._now(), self._clock() + self._timeout_s
        )
        if earlier is not None:
            self._release(earlier)
        self._queues.setdefault(meeting_id, {})[waiting.id] = session.waiting = waiting
        facts: list[Payload] = [LobbyLeft(waiting_id=earlier.id, user_id=earlier.user_id)] if earlier else []
        asked = LobbyAsked(waiting_id=waiting.id, user_id=waiting.user_id, display_name=display_name)
        try:
            await self._record.emit(meeting_id, *facts, asked)
        except PersistenceError:
            self._release(waiting)
            raise
        finally:
            if earlier is not None:
                self._tell_end(earlier, "replaced", "left")
        if session.waiting is not waiting:
            raise SignalingError(
                ErrorCode.UNAVAILABLE, "The meeting was closed, or you asked from elsewhere, meanwhile."
            )
        session.after_reply(lambda: self._announce(waiting))
        return waiting

    def _announce(self, waiting: Waiting) -> None:
        if waiting.session.waiting is not waiting:
            return
        waiting.announced = True
        self._somebody.set()
        self._tell_hosts(waiting.meeting_id, catalogue.LOBBY_ASKED, waiting.view())

    async def admit(self, waiting: Waiting, *, by: Participant) -> None:
        """Their client asks to join again and gets in. Raises PersistenceError, and they wait on."""
        fact = LobbyAdmitted(waiting_id=waiting.id, user_id=waiting.user_id)
        await self._decide(waiting, fact, by=by)
        waiting.admitted = True
        by.room.known.add(waiting.user_id)
        notice = lobby.LobbyAdmittedNotice(meeting_id=waiting.meeting_id)
        waiting.session.tell(catalogue.LOBBY_ADMITTED, notice)
        self._tell_resolved(waiting, "admitted", by=by)

    async def deny(self, waiting: Waiting, *, by: Participant) -> None:
        """Raises PersistenceError, and they wait on."""
        await self._decide(waiting, LobbyDenied(waiting_id=waiting.id, user_id=waiting.user_id), by=by)
        self._release(waiting)
        self._tell_end(waiting, "denied", "denied", by=by)

    async def _decide(self, waiting: Waiting, fact: Payload, *, by: Participant) -> None:
        """Out of the queue first, so that of two hosts who decide at once one does."""
        self._dequeue(waiting)
        try:
            await self._record.emit(waiting.meeting_id, fact, participant_id=by.id)
        except PersistenceError:
            if waiting.session.waiting is waiting:
                self._put_back(waiting)
            raise

    def _put_back(self, waiting: Waiting) -> None:
        """All wait equally long, so that deadlines are in the order of asking."""
        queue = [*self._queues.get(waiting.meeting_id, {}).values(), waiting]
        queue.sort(key=lambda other: other.deadline)
        self._queues[waiting.meeting_id] = {other.id: other for other in queue}

    async def leave(self, session: Session) -> None:
        """Whoever waited on this connection does so no longer. Raises PersistenceError; they are out nevertheless."""
        waiting = session.waiting
        if waiting is None:
            return
        undecided = self.waits(waiting)
        self._release(waiting)
        if undecided:
            self._tell_resolved(waiting, "left")
            fact = LobbyLeft(waiting_id=waiting.id, user_id=waiting.user_id)
            await self._record.emit(waiting.meeting_id, fact)

    async def close(self, meeting_id: str, *, by: Participant) -> None:
        """The meeting was closed for everybody. Raises PersistenceError; nobody waits any longer nevertheless."""
        gone = list(self._queues.get(meeting_id, {}).values())
        for waiting in gone:
            self._release(waiting)
            self._tell_end(waiting, "meeting_closed", "denied")
        if gone:
            facts = [LobbyDenied(waiting_id=waiting.id, user_id=waiting.user_id) for waiting in gone]
            await self._record.emit(meeting_id, *facts, participant_id=by.id)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._somebody.wait()
            if not self._queues:
                self._somebody.clear()
                continue
            await self.look(self._clock())
            await asyncio.sleep(TICK_S)

    async def look(self, now: float) -> None:
        """What is due at this time of the clock."""
        for queue in list(self._queues.values()):
            for waiting in list(queue.values()):
                if waiting.announced and waiting.deadline <= now and waiting.id in queue:
                    await self._time_out(waiting)
        for meeting_id, queue in self._queues.items():
            host_present = bool(self._hosts(meeting_id))
            for position, waiting in enumerate(queue.values(), 1):
                self._update(waiting, (position, host_present))

    async def _time_out(self, waiting: Waiting) -> None:
        self._release(waiting)
        self._tell_end(waiting, "timed_out", "timed_out")
        try:
            fact = LobbyTimedOut(waiting_id=waiting.id, user_id=waiting.user_id)
            await self._record.emit(waiting.meeting_id, fact)
        except PersistenceError as error:
            log.error("record_failed", meeting_id=waiting.meeting_id, code=error.code)  # noqa: TRY400 - nothing of ours

    def _update(self, waiting: Waiting, standing: tuple[int, bool]) -> None:
        if waiting.announced and standing != waiting.told:
            waiting.told = position, host_present = standing
            told = lobby.LobbyUpdated(meeting_id=waiting.meeting_id, position=position, host_present=host_present)
            waiting.session.tell(catalogue.LOBBY_UPDATED, told)

    def _standing(self, waiting: Waiting) -> tuple[int, bool]:
        queue = self._queues.get(waiting.meeting_id, {})
        position = list(queue).index(waiting.id) + 1 if waiting.id in queue else 1
        return position, bool(self._hosts(waiting.meeting_id))

    def _release(self, waiting: Waiting) -> None:
        """They wait no longer."""
        self._dequeue(waiting)
        if waiting.session.waiting is waiting:
            waiting.session.waiting = None

    def _dequeue(self, waiting: Waiting) -> None:
        queue = self._queues.get(waiting.meeting_id, {})
        queue.pop(waiting.id, None)
        if not queue:
            self._queues.pop(waiting.meeting_id, None)

    def _tell_end(self, waiting: Waiting, reason: str, outcome: str, *, by: Participant | None = None) -> None:
        """Whoever has not been told yet that they wait is refused instead, and hosts never heard of them."""
        if waiting.announced:
            notice = lobby.LobbyDeniedNotice(meeting_id=waiting.meeting_id, reason=reason)
            waiting.session.tell(catalogue.LOBBY_DENIED, notice)
            self._tell_resolved(waiting, outcome, by=by)

    def _tell_resolved(self, waiting: Waiting, outcome: str, *, by: Participant | None = None) -> None:
        resolved = lobby.LobbyResolved(waiting_id=waiting.id, outcome=outcome, by=by.id if by is not None else None)
        self._tell_hosts(waiting.meeting_id, catalogue.LOBBY_RESOLVED, resolved, but=by)

    def _tell_hosts(self, meeting_id: str, event: str, told: Told, *, but: Participant | None = None) -> None:
        for host in self._hosts(meeting_id):
            if host is not but:
                host.tell(event, told)

    def _hosts(self, meeting_id: str) -> list[Participant]:
        room = self._registry.get(meeting_id)
        return [person for person in room.participants.values() if person.role in HOSTS] if room is not None else []

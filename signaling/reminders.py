"""Reminders (SIG-16): whoever is there hears in time that a meeting begins or ends as scheduled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from persistence.errors import PersistenceError
from persistence.events import MeetingReminded
from persistence.events.meeting import Occasion
from persistence.schedule import Schedule
from signaling.facts import Facts
from signaling.lobby import Lobbies
from signaling.messages.catalogue import MEETING_REMINDER
from signaling.messages.room import MeetingReminder
from signaling.ports import Meetings
from signaling.rooms import Registry

LOOK_S: Final = 10.0
"""So often the record is asked, which knows of a schedule that was changed, too. A reminder is as late at most."""
log = structlog.get_logger(__name__)


class Reminders:
    """Each start and end is told once, `before_s` ahead (0: never): the end to those in the room, the start to those
    who wait in the lobby, too. If nobody is there at that time, the first to come within it hears it.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        lobbies: Lobbies,
        meetings: Meetings,
        facts: Facts,
        before_s: float,
        now: Callable[[], datetime],
    ) -> None:
        self._registry = registry
        self._lobbies = lobbies
        self._meetings = meetings
        self._facts = facts
        self._before = timedelta(seconds=before_s)
        self._now = now
        self._told: set[tuple[str, Occasion, datetime]] = set()

    def __len__(self) -> int:
        """How many are remembered: those whose time is yet to come."""
        return len(self._told)

    async def run(self) -> None:
        """Until cancelled."""
        while self._before:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except PersistenceError as error:
                log.error("reminders_failed", code=error.code)  # noqa: TRY400 - nothing of ours failed

    async def look(self) -> None:
        """Tell what is due now. Raises PersistenceError."""
        here = sorted({*self._registry.occupied(), *self._lobbies.meetings()})
        schedules = await self._meetings.schedules(here) if here else []
        now = self._now()
        self._told = {told for told in self._told if told[2] > now}
        for schedule in schedules:
            for about, at in _occasions(schedule):
                if at - self._before <= now < at and (schedule.meeting_id, about, at) not in self._told:
                    self._tell(schedule.meeting_id, about, at, now)

    def _tell(self, meeting_id: str, about: Occasion, at: datetime, now: datetime) -> None:
        room = self._registry.get(meeting_id)
        people = room.participants.values() if room is not None and not room.closed else ()
        hearing = [each.session for each in people if not each.session.lost]
        if about == "start":
            hearing += [waiting.session for waiting in self._lobbies.waiting(meeting_id)]
        if not hearing:
            return
        self._told.add((meeting_id, about, at))
        reminder = MeetingReminder(
            meeting_id=meeting_id, about=about, at=at.isoformat(), in_s=round((at - now).total_seconds())
        )
        for session in hearing:
            session.tell(MEETING_REMINDER, reminder)
        self._facts.note(meeting_id, MeetingReminded(about=about, at=at.isoformat(), people=len(hearing)))
        log.info("meeting_reminded", meeting_id=meeting_id, about=about, people=len(hearing))


def _occasions(schedule: Schedule) -> list[tuple[Occasion, datetime]]:
    times: list[tuple[Occasion, datetime | None]] = [("start", schedule.start), ("end", schedule.end)]
    return [(about, at) for about, at in times if at is not None]

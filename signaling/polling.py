"""How the polls of rooms are told: to each what they may know, and of many votes at once only how things stand."""

from __future__ import annotations

import asyncio
from typing import Final

from persistence.repositories import PollResponse
from signaling.messages import catalogue
from signaling.messages.poll import PollAnswer, PollResults, PollUpdated, PollView
from signaling.participant import Participant
from signaling.polls import Ballots, Polls, RunningPoll
from signaling.ports import PollArchive
from signaling.roles import HOSTS
from signaling.rooms import Room

TELL_EVERY_S: Final = 0.25
"""A class that votes at once is told of a few times and not once for each vote to each."""


class Polling:
    def __init__(self, archive: PollArchive, ballots: Ballots) -> None:
        self._archive = archive
        self.ballots = ballots
        self._changed: dict[tuple[str, str], tuple[Room, RunningPoll]] = {}
        self._something = asyncio.Event()

    async def open(self, room: Room) -> None:
        """Before the first one is in: what was asked in the meeting at earlier times."""
        room.polls = Polls(await self._archive.of(room.id))

    def note(self, room: Room, poll: RunningPoll) -> None:
        """Somebody answered."""
        self._changed[room.id, poll.terms.poll_id] = (room, poll)
        self._something.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._something.wait()
            await asyncio.sleep(TELL_EVERY_S)
            self.tell()

    def tell(self) -> None:
        """How the polls stand in which somebody answered since the last time."""
        changed, self._changed = self._changed, {}
        self._something.clear()
        for room, poll in changed.values():
            if not poll.open:
                continue
            # One after the other, since what many are told is written once.
            for shown in (True, False):
                told = _standing(poll, shown=shown)
                for participant in room.participants.values():
                    if may_see_results(participant, poll) is shown:
                        participant.tell(catalogue.POLL_UPDATED, told)

    def views(self, room: Room, reader: Participant) -> list[PollView]:
        return [self.view(poll, reader) for poll in room.polls.all()]

    def view(self, poll: RunningPoll, reader: Participant) -> PollView:
        """The poll as this participant may know it."""
        terms = poll.terms
        own = poll.responses.get(self.ballots.of(terms, reader.user_id))
        return PollView(
            **_standing(poll, shown=may_see_results(reader, poll)).model_dump(),
            **terms.model_dump(exclude={"poll_id", "opened_at", "closed_at"}),
            open=poll.open,
            opened_at=terms.opened_at.isoformat(),
            closed_at=terms.closed_at.isoformat() if terms.closed_at else None,
            own=_answer(own) if own is not None else None,
        )


def may_see_results(reader: Participant, poll: RunningPoll) -> bool:
    """Whoever asked and hosts at any time."""
    return poll.terms.live or not poll.open or manages(reader, poll)


def manages(participant: Participant, poll: RunningPoll) -> bool:
    return participant.role in HOSTS or participant.user_id == poll.terms.user_id


def may_see_answers(reader: Participant, poll: RunningPoll) -> bool:
    """Single answers: what was said freely by all who see results; who chose what by whoever asked, and hosts."""
    if poll.terms.type == "OpenEnded":
        return may_see_results(reader, poll)
    return not poll.terms.anonymous and manages(reader, poll)


def _standing(poll: RunningPoll, *, shown: bool) -> PollUpdated:
    results = PollResults(counts=poll.counts(), average=poll.average()) if shown else None
    return PollUpdated(poll_id=poll.terms.poll_id, votes=len(poll.responses), results=results)


def _answer(response: PollResponse) -> PollAnswer:
    return PollAnswer(choices=response.choices, rating=response.rating, text=response.text)

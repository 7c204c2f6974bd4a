"""The polls of a room, as they stand."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from persistence.repositories import Poll, PollResponse

MOST_POLLS: Final = 50
"""Of one meeting, however long ago: everybody who joins is told of all of them."""

MOST_RESPONSES: Final = 10_000
"""As many as people a room can hold."""


class RunningPoll:
    """One poll and the latest answer under each ballot. `terms` are what was asked."""

    def __init__(self, terms: Poll, responses: Iterable[PollResponse] = ()) -> None:
        self.terms = terms
        self.responses: dict[str, PollResponse] = {}
        self.revision = 0
        self.closing = False
        self._counts: list[int] | None = None
        for response in responses:
            self.count(response)

    @property
    def open(self) -> bool:
        return self.terms.closed_at is None and not self.closing

    def next_revision(self) -> int:
        self.revision += 1
        return self.revision

    def count(self, response: PollResponse) -> None:
        """The later of two answers under one ballot counts."""
        before = self.responses.get(response.ballot)
        if before is None or before.revision < response.revision:
            self.responses[response.ballot] = response
            self._counts = None
        self.revision = max(self.revision, response.revision)

    def close(self, now: datetime) -> None:
        self.terms = self.terms.model_copy(update={"closed_at": now})

    def counts(self) -> list[int]:
        """How often each option, or each step of a rating, was chosen."""
        if self._counts is None:
            self._counts = self._count()
        return self._counts

    def _count(self) -> list[int]:
        places = self.terms.steps or len(self.terms.options)
        counts = [0] * places
        for response in self.responses.values():
            chosen = [response.rating - 1] if response.rating is not None else response.choices
            for place in chosen:
                if place < places:
                    counts[place] += 1
        return counts

    def average(self) -> float | None:
        if self.terms.steps is None or not self.responses:
            return None
        total = sum(step * count for step, count in enumerate(self.counts(), start=1))
        return round(total / len(self.responses), 2)

    def answers(self) -> list[PollResponse]:
        """As they came; of an anonymous poll in the order of its ballots, from which nobody learns who came when."""
        if self.terms.anonymous:
            return sorted(self.responses.values(), key=lambda response: response.ballot)
        return list(self.responses.values())


class Polls:
    """Made of stored polls, oldest first. Whoever opens or closes one holds `turn`."""

    def __init__(self, stored: Iterable[tuple[Poll, Iterable[PollResponse]]] = ()) -> None:
        self.turn = asyncio.Lock()
        self._polls = {terms.poll_id: RunningPoll(terms, responses) for terms, responses in stored}

    def __len__(self) -> int:
        return len(self._polls)

    @property
    def full(self) -> bool:
        return len(self._polls) >= MOST_POLLS

    def add(self, terms: Poll) -> RunningPoll:
        poll = self._polls[terms.poll_id] = RunningPoll(terms)
        return poll

    def get(self, poll_id: str) -> RunningPoll | None:
        return self._polls.get(poll_id)

    def all(self) -> list[RunningPoll]:
        """The oldest first."""
        return list(self._polls.values())


class Ballots:
    """Who has answered, without saying who: the same for the same person, found by nobody without the key."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.blake2b(secret, person=b"poll ballots").digest()

    def of(self, terms: Poll, user_id: str) -> str:
        if not terms.anonymous:
            return user_id
        who = f"{terms.poll_id}\0{user_id}".encode()
        return hashlib.blake2b(who, key=self._key, digest_size=16).hexdigest()

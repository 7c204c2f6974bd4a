"""Whether people are at their devices (SIG-12): as they say, until nothing was heard of them for too long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Final

from persistence.events import PresenceChanged
from signaling.messages import catalogue

if TYPE_CHECKING:
    from signaling.facts import Facts
    from signaling.messages.participant import Presence
    from signaling.participant import Participant

TICK_S: Final = 1.0
PRUNE_EVERY: Final = 10
"""Ticks after which those who left are let go of."""

DELIBERATE: Final = frozenset(
    {
        "room:join",
        "chat:send",
        "chat:edit",
        "chat:delete",
        "hand:raise",
        "reaction:send",
        "poll:create",
        "poll:vote",
        "media:toggle",
        "screen:start",
        "participant:rename",
    }
)
"""What nobody asks without being there. Transports and layers a client manages by itself."""


class Presences:
    """`ttl_s` is how long somebody is active after the last sign of them; `clock` is in seconds.

    Remembers those who are active and in a room, and for a few seconds those who have left.
    """

    def __init__(self, facts: Facts, *, ttl_s: float, clock: Callable[[], float]) -> None:
        self._facts = facts
        self._ttl_s = ttl_s
        self._clock = clock
        # In the order of their time, since everybody's is as long.
        self._until: dict[Participant, float] = {}
        self._somebody = asyncio.Event()

    def __len__(self) -> int:
        return len(self._until)

    def touch(self, participant: Participant) -> None:
        """A sign of life. Whoever was away is back."""
        self.keep(participant)
        if participant.presence == "away":
            self._turn(participant, "active")

    def keep(self, participant: Participant) -> None:
        """They are active from now on, as they said themselves."""
        self._until.pop(participant, None)
        self._until[participant] = self._clock() + self._ttl_s
        self._somebody.set()

    def forget(self, participant: Participant) -> None:
        """They are away, as they said themselves."""
        self._until.pop(participant, None)

    async def run(self) -> None:
        """Until cancelled."""
        for tick in count():
            await self._somebody.wait()
            self.look(self._clock())
            if tick % PRUNE_EVERY == 0:
                self.prune()
            if not self._until:
                self._somebody.clear()
            await asyncio.sleep(TICK_S)

    def look(self, now: float) -> None:
        """Of whom nothing was heard for so long at this time of the clock is away."""
        while self._until:
            participant, until = next(iter(self._until.items()))
            if until > now:
                return
            del self._until[participant]
            if not participant.gone:
                self._turn(participant, "away")

    def prune(self) -> None:
        for participant in [each for each in self._until if each.gone]:
            del self._until[participant]

    def _turn(self, participant: Participant, presence: Presence) -> None:
        """Told to everybody, and to themselves: their client has not said it."""
        participant.presence = presence
        room = participant.room
        self._facts.note(room.id, PresenceChanged(presence=presence), participant.id)
        room.tell(catalogue.PARTICIPANT_UPDATED, participant.view())

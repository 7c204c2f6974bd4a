"""Facts nobody asked for: what workers report, on its way to the record while nobody waits for it."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import Final, NamedTuple

import structlog

from persistence.errors import PersistenceError
from persistence.events import Payload
from signaling.ports import Record

CAPACITY: Final = 10_000
log = structlog.get_logger(__name__)


class Fact(NamedTuple):
    meeting_id: str
    payload: Payload
    participant_id: str | None


class Facts:
    """Recorded one after the other, in the order noted. A request's facts do not come here: they precede its reply.

    At most `capacity` wait, a minute's worth of a busy node; when the record stands still that long, new ones are
    dropped and counted in `dropped` by their type.
    """

    def __init__(self, record: Record, capacity: int = CAPACITY) -> None:
        self.dropped: Counter[str] = Counter()
        self._record = record
        self._capacity = capacity
        self._waiting: deque[Fact] = deque()
        self._noted = asyncio.Event()

    def note(self, meeting_id: str, payload: Payload, participant_id: str | None = None) -> None:
        """Never waits."""
        if len(self._waiting) >= self._capacity:
            self.dropped[payload.type] += 1
            return
        self._waiting.append(Fact(meeting_id, payload, participant_id))
        self._noted.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._noted.wait()
            self._noted.clear()
            while self._waiting:
                await self._keep(self._waiting.popleft())

    async def drain(self) -> None:
        """What still waits when nobody notes any more."""
        while self._waiting:
            await self._keep(self._waiting.popleft())

    async def _keep(self, fact: Fact) -> None:
        try:
            await self._record.emit(fact.meeting_id, fact.payload, participant_id=fact.participant_id)
        except PersistenceError as error:
            self.dropped[fact.payload.type] += 1
            log.error("record_failed", meeting_id=fact.meeting_id, code=error.code)  # noqa: TRY400 - nothing of ours failed

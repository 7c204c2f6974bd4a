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
BATCH: Final = 256
LINGER_S: Final = 0.5
log = structlog.get_logger(__name__)


class Fact(NamedTuple):
    meeting_id: str
    payload: Payload
    participant_id: str | None


class Facts:
    """Recorded a batch at a time, each meeting's in the order noted. A request's facts do not come here: they precede
    its reply. The first of a batch waits `linger_s` for company: statistics trickle in, and each batch costs a sync of
    the journal and a transaction.

    At most `capacity` wait, a minute's worth of a busy node; when the record stands still that long, new ones are
    dropped and counted in `dropped` by their type.
    """

    def __init__(
        self,
        record: Record,
        capacity: int = CAPACITY,
        dropped: Counter[str] | None = None,
        *,
        linger_s: float = LINGER_S,
    ) -> None:
        self.dropped = Counter() if dropped is None else dropped
        self._record = record
        self._capacity = capacity
        self._linger_s = linger_s
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
            await asyncio.sleep(self._linger_s)
            self._noted.clear()
            await self.drain()

    async def drain(self) -> None:
        """Until nothing waits."""
        while self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            meetings: dict[str, list[Fact]] = {}
            for fact in taken:
                meetings.setdefault(fact.meeting_id, []).append(fact)
            # At once, because the record makes what comes together durable together.
            await asyncio.gather(*(self._keep(facts) for facts in meetings.values()))

    async def _keep(self, facts: list[Fact]) -> None:
        """All of one meeting. What the record refuses among others is tried alone: it may be the others' fault."""
        meeting_id = facts[0].meeting_id
        try:
            await self._record.emit(meeting_id, *((fact.payload, fact.participant_id) for fact in facts))
        except PersistenceError as error:
            if len(facts) > 1:
                for fact in facts:
                    await self._keep([fact])
                return
            self.dropped[facts[0].payload.type] += 1
            log.error("record_failed", meeting_id=meeting_id, code=error.code)  # noqa: TRY400 - nothing of ours failed

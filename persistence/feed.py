"""The log of all meetings as others follow it: by position, in order, missing nothing (EVT-12)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from .background import Background
from .database import translated
from .queries import StoredEvent
from .tables import LogHeadRow, MeetingLogRow

WINDOW: Final = 2_000
"""Positions looked at in one question, so that a follower of a rare type asks no long ones."""

LOOK_S: Final = 1.0
"""How often the head is looked at for what other nodes wrote; what this node writes is told at once."""

_HEAD: Final = select(LogHeadRow.position)
log = structlog.get_logger(__name__)


class PlacedEvent(StoredEvent):
    """An event with its place in the log of all meetings: increasing in the order of commits."""

    position: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """The `events` that were asked for beyond one position and up to `end`, which is where to go on."""

    events: list[PlacedEvent]
    end: int


class Feed:
    """Every follower keeps its own position; the log itself is everybody's queue.

    `head` is the last position known to be there. It moves when this node's writer stored something (`hear`), and
    within `look_s` when another node's did.
    """

    def __init__(self, engine: AsyncEngine, *, look_s: float = LOOK_S) -> None:
        self._engine = engine
        self._look_s = look_s
        self._moved = asyncio.Event()
        self._stored = asyncio.Event()
        self._background = Background()
        self.head = 0

    async def start(self) -> None:
        """Raises `UnavailableError` without a database."""
        self.head = await self.find_head()
        self._background.begin(self._watch(), name="log feed")

    async def stop(self) -> None:
        await self._background.end()

    def hear(self) -> None:
        """The writer stored something."""
        self._stored.set()

    async def beyond(self, position: int, *, within_s: float) -> bool:
        """Whether there is something after `position`, waiting for it as long as that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.head <= position:
                    await self._moved.wait()
        return self.head > position

    async def read(
        self, after: int, *, types: Collection[str] | None = None, meeting_id: str | None = None, limit: int = 256
    ) -> Stretch:
        """Up to `limit` events beyond `after`, in order; of these types and of this meeting where one is named.

        Looks no further than `WINDOW` positions, so a stretch may be empty and end before the head. Raises
        `UnavailableError`.
        """
        async with translated(), self._engine.connect() as connection:
            head = await connection.scalar(_HEAD) or 0
            first = await connection.scalar(
                select(func.min(MeetingLogRow.position)).where(MeetingLogRow.position > after)
            )
            if first is None:
                return Stretch([], max(after, head))
            end = min(first + WINDOW - 1, head)
            columns = [getattr(MeetingLogRow, name) for name in PlacedEvent.model_fields]
            question = select(*columns).where(MeetingLogRow.position.between(first, end))
            if types is not None:
                question = question.where(MeetingLogRow.type.in_(types))
            if meeting_id is not None:
                question = question.where(MeetingLogRow.meeting_id == meeting_id)
            rows = (await connection.execute(question.order_by(MeetingLogRow.position).limit(limit))).all()
        events = [PlacedEvent.model_validate(row) for row in rows]
        return Stretch(events, events[-1].position if len(events) == limit else end)

    async def place_of(self, meeting_id: str, sequence: int) -> int | None:
        """The position of a meeting's event, or of the first one kept after it; None when there is none."""
        async with translated(), self._engine.connect() as connection:
            return await connection.scalar(
                select(func.min(MeetingLogRow.position)).where(
                    MeetingLogRow.meeting_id == meeting_id, MeetingLogRow.sequence >= sequence
                )
            )

    async def find_head(self) -> int:
        async with translated(), self._engine.connect() as connection:
            return await connection.scalar(_HEAD) or 0

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._look_s):
                    await self._stored.wait()
            self._stored.clear()
            try:
                head = await self.find_head()
            except Exception as error:  # noqa: BLE001 - followers wait meanwhile; the next look may succeed
                log.warning("the head of the log could not be read", error=type(error).__name__)
                await asyncio.sleep(self._look_s)
                continue
            if head > self.head:
                self.head = head
                self._moved.set()
                self._moved = asyncio.Event()

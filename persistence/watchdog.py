"""Says when the record falls behind, stands still or runs out of room, and when that is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

import structlog

from .errors import PersistenceError
from .journal import Journal
from .writer import Writer

LOOK_S: Final = 1.0
REPEAT_S: Final = 60.0
_HALF_FULL: Final = 0.5
_NO_EVENTS: Final = b"[]"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Concern:
    """Something to worry about: `text` is what it is called in the log for as long as it lasts."""

    text: str
    figure: Callable[[], float]
    limit: float


class Watchdog:
    """Logs a concern when it begins, every minute while it lasts, and when it ends.

    It also lets a journal whose disk was full write a record of no events, so that it is found out that there is room
    again even when nobody emits, as behind a balancer that sends nobody to a node that is not ready.
    """

    def __init__(self, journal: Journal, writer: Writer, *, behind_after_s: float, look_s: float = LOOK_S) -> None:
        self._journal = journal
        self._behind_after_s = behind_after_s
        self._look_s = look_s
        self._writer = writer
        self._concerns = (
            Concern("the record is behind", lambda: writer.lag_s, behind_after_s),
            Concern("the journal is more than half full", lambda: journal.fill, _HALF_FULL),
        )
        self._since: dict[str, float] = {}
        self._said: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def behind(self) -> bool:
        return self._writer.lag_s > self._behind_after_s

    def problem(self) -> str | None:
        """None while events are applied soon after they were emitted."""
        if (problem := self._writer.problem()) is not None:
            return problem
        return f"the record is {self._writer.lag_s:.0f} s behind" if self.behind else None

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch(), name="persistence watchdog")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def look(self, now: float) -> None:
        for concern in self._concerns:
            figure = round(concern.figure(), 3)
            began = self._since.get(concern.text)
            if figure > concern.limit:
                self._since.setdefault(concern.text, now)
                if now - self._said.get(concern.text, now - REPEAT_S) >= REPEAT_S:
                    self._said[concern.text] = now
                    log.warning(concern.text, figure=figure, backlog_bytes=self._writer.backlog_bytes)
            elif began is not None:
                del self._since[concern.text], self._said[concern.text]
                log.info(f"no longer: {concern.text}", lasted_s=round(now - began, 1))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._look_s)
            self.look(monotonic())
            if self._journal.may_recover:
                with suppress(PersistenceError):
                    await self._journal.append(_NO_EVENTS)

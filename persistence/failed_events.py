"""What was set aside, to be seen and tried again once its cause is mended (EVT-4, EVT-10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
import structlog
from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from .apply import apply
from .change import Changes
from .database import translated, writing
from .errors import InvalidEventError, UnavailableError
from .events import SERVER_LOG, Event, FailedEventsRetried
from .tables import FailedEventRow

MAX_PAGE: Final = 1000
_COLUMNS: Final = ("id", "event_id", "meeting_id", "type", "error", "failed_at")
_COUNT: Final = select(func.count()).select_from(FailedEventRow)

log = structlog.get_logger(__name__)


class FailedEvent(BaseModel):
    """One that was set aside. What it calls itself is None where it did not even say that."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    event_id: str | None
    meeting_id: str | None
    type: str | None
    error: str
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class Retried:
    """How many found their place in the record, and how many stay where they are."""

    stored: int
    left: int


class FailedEvents:
    """`on_stored` is called when a retry put something into the log."""

    def __init__(
        self,
        engine: AsyncEngine,
        changes: Changes,
        *,
        clock: Callable[[], datetime],
        on_stored: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._changes = changes
        self._clock = clock
        self._on_stored = on_stored

    async def page(self, *, after: str = "", limit: int = 100) -> list[FailedEvent]:
        """At most `limit` (1 to 1000) whose `id` comes after this one."""
        columns = [getattr(FailedEventRow, name) for name in _COLUMNS]
        question = select(*columns).where(FailedEventRow.id > after).order_by(FailedEventRow.id)
        async with translated(), self._engine.connect() as connection:
            rows = await connection.execute(question.limit(max(1, min(limit, MAX_PAGE))))
            return [FailedEvent.model_validate(row) for row in rows]

    async def count(self) -> int:
        async with translated(), self._engine.connect() as connection:
            return await connection.scalar(_COUNT) or 0

    async def retry(self, *, by: str) -> Retried:
        """Try each once more, alone. What is stored leaves in the same transaction; what fails stays as it is.

        That `by` has them tried is told first: each is a transaction of its own.

        Raises `UnavailableError` when the database goes away, with some perhaps stored.
        """
        async with self._changes.begin() as change:
            waiting = await change.connection.scalar(_COUNT) or 0
            await change.tell(SERVER_LOG, FailedEventsRetried(waiting=waiting, by=by))
        stored, after = 0, ""
        while page := await self.page(after=after, limit=MAX_PAGE):
            for failed in page:
                stored += await self._retry(failed.id)
            after = page[-1].id
        if stored:
            log.info("failed events stored after all", stored=stored)
            self._on_stored()
        return Retried(stored, await self.count())

    async def _retry(self, place: str) -> bool:
        of_one = FailedEventRow.id == place
        try:
            async with translated(), writing(self._engine).begin() as connection:
                body = await connection.scalar(select(FailedEventRow.body).where(of_one))
                if body is None:
                    return False
                applied = await apply(connection, [Event.parse(orjson.loads(body))], now=self._clock())
                if applied.conflicts:
                    return False
                await connection.execute(delete(FailedEventRow).where(of_one))
        except (InvalidEventError, orjson.JSONDecodeError):
            return False
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - it is as poisonous as before, and the others are not
            log.warning("a failed event failed again", entry=place, error=type(error).__name__)
            return False
        return True

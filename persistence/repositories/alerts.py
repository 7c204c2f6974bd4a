"""Alert rules as operators made them, the alerts they caused, and how far the one who looks is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.change import Changes
from persistence.database import translated, writing
from persistence.dialect import insert_into
from persistence.errors import CapacityError
from persistence.events import SERVER_LOG, Payload
from persistence.tables import AlertRow, AlertRuleRow, FeedCursorRow

CURSOR: Final = "alerts"


class StoredRule(BaseModel):
    """`rule` is what the server makes of it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    enabled: bool
    rule: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    revision: int


class Alert(BaseModel):
    """One time that a rule fired. `recovered_at` is None while it lasts."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    rule_id: str
    name: str
    meeting_id: str
    about: str | None
    cause_id: str | None
    cause_type: str | None
    fired_at: datetime
    recovered_at: datetime | None
    why: str | None


_RULE: Final = [getattr(AlertRuleRow, name) for name in StoredRule.model_fields]
_ALERT: Final = [getattr(AlertRow, name) for name in Alert.model_fields]


class Alerts:
    """`catch_up` waits until events that were durable before the question are applied.

    Every method raises `UnavailableError` without a database. What changes a rule takes the fact that tells of it.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        changes: Changes,
        *,
        clock: Callable[[], datetime],
        catch_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._changes = changes
        self._clock = clock
        self._catch_up = catch_up

    async def rules(self) -> list[StoredRule]:
        async with translated(), self._engine.connect() as connection:
            rows = await connection.execute(select(*_RULE).order_by(AlertRuleRow.created_at, AlertRuleRow.id))
            return [StoredRule.model_validate(row) for row in rows]

    async def rule(self, rule_id: str) -> StoredRule | None:
        async with translated(), self._engine.connect() as connection:
            row = (await connection.execute(select(*_RULE).where(AlertRuleRow.id == rule_id))).first()
        return StoredRule.model_validate(row) if row else None

    async def make(self, rule_id: str, rule: dict[str, Any], *, enabled: bool, fact: Payload, most: int) -> StoredRule:
        """Raises `CapacityError` when there are `most` already."""
        now = self._clock()
        async with self._changes.begin() as change:
            if (await change.connection.scalar(select(func.count()).select_from(AlertRuleRow)) or 0) >= most:
                raise CapacityError(f"there are {most} alert rules already")
            made = insert(AlertRuleRow).values(id=rule_id, rule=rule, enabled=enabled, created_at=now, updated_at=now)
            stored = StoredRule.model_validate((await change.connection.execute(made.returning(*_RULE))).one())
            await change.tell(SERVER_LOG, fact)
        return stored

    async def change(
        self, rule_id: str, rule: dict[str, Any], *, enabled: bool, fact: Payload, revision: int
    ) -> StoredRule | None:
        """None when it is another one by now than at `revision`."""
        async with self._changes.begin() as change:
            changed = await change.connection.execute(
                update(AlertRuleRow)
                .where(AlertRuleRow.id == rule_id, AlertRuleRow.revision == revision)
                .values(rule=rule, enabled=enabled, revision=revision + 1, updated_at=self._clock())
                .returning(*_RULE)
            )
            row = changed.first()
            if row is not None:
                await change.tell(SERVER_LOG, fact)
        return StoredRule.model_validate(row) if row else None

    async def delete(self, rule_id: str, *, fact: Payload, revision: int) -> bool:
        async with self._changes.begin() as change:
            gone = delete(AlertRuleRow).where(AlertRuleRow.id == rule_id, AlertRuleRow.revision == revision)
            is_gone = (await change.connection.execute(gone)).rowcount == 1
            if is_gone:
                await change.tell(SERVER_LOG, fact)
        return is_gone

    async def fired(self, *, still_open: bool, before: datetime | None = None, limit: int) -> list[Alert]:
        """The newest first; only those that last, where asked for."""
        await self._catch_up()
        question = select(*_ALERT).where(AlertRow.fired_at.is_not(None))
        if still_open:
            question = question.where(AlertRow.recovered_at.is_(None))
        if before is not None:
            question = question.where(AlertRow.fired_at < before)
        async with translated(), self._engine.connect() as connection:
            rows = await connection.execute(question.order_by(AlertRow.fired_at.desc(), AlertRow.id).limit(limit))
            return [Alert.model_validate(row) for row in rows]

    async def lasting(self, *, limit: int) -> tuple[list[Alert], int]:
        """The newest that last, and how many more do, as far as the record has come: waits for nothing."""
        open_ = (AlertRow.fired_at.is_not(None), AlertRow.recovered_at.is_(None))
        newest = select(*_ALERT).where(*open_).order_by(AlertRow.fired_at.desc(), AlertRow.id).limit(limit)
        async with translated(), self._engine.connect() as connection:
            items = [Alert.model_validate(row) for row in await connection.execute(newest)]
            count = await connection.scalar(select(func.count()).select_from(AlertRow).where(*open_)) or 0
        return items, count - len(items)

    async def cursor(self) -> int | None:
        """How far the log was looked at; None when it never was."""
        async with translated(), self._engine.connect() as connection:
            return await connection.scalar(select(FeedCursorRow.position).where(FeedCursorRow.name == CURSOR))

    async def keep_cursor(self, position: int) -> None:
        async with translated(), writing(self._engine).begin() as connection:
            kept = insert_into(connection, FeedCursorRow).values(name=CURSOR, position=position)
            await connection.execute(
                kept.on_conflict_do_update(
                    index_elements=[FeedCursorRow.name], set_={"position": kept.excluded.position}
                )
            )

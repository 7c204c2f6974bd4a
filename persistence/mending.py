"""Makes rows of one table as they should be, a page at a time: what is wrong, what is lacking, what is too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import ColumnElement, delete, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from .dialect import insert_into
from .tables import Base, ParticipantRow, ParticipationStatus

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Mended:
    """A table of which a meeting's rows follow from its events. Rows are the same when all but `ours` are.

    `ours` are columns that a row keeps once it has them.
    """

    table: type[Base]
    key: tuple[str, ...]
    ours: frozenset[str] = frozenset()

    @classmethod
    def of(cls, table: type[Base]) -> Self:
        if table is ParticipantRow:
            return cls(table, ("meeting_id", "user_id"), frozenset({"id", "invited_at"}))
        return cls(table, tuple(column.key for column in table.__table__.primary_key))

    def of_meeting(self, meeting_id: str) -> list[ColumnElement[bool]]:
        """Whoever was only invited is there by somebody's decision and not by an event."""
        wanted = [self._column("meeting_id") == meeting_id]
        if self.table is ParticipantRow:
            wanted.append(ParticipantRow.status == ParticipationStatus.ATTENDED)
        return wanted

    async def page(
        self, connection: AsyncConnection, meeting_id: str, after: Key | None, limit: int
    ) -> list[dict[str, Any]]:
        """Rows beyond a key, in the order of that database."""
        question = select(self.table.__table__).where(*self.of_meeting(meeting_id))
        if after is not None:
            last = (literal(value, self._column(name).type) for name, value in zip(self.key, after, strict=True))
            question = question.where(tuple_(*self._keys()) > tuple_(*last))
        rows = await connection.execute(question.order_by(*self._keys()).limit(limit))
        return [dict(row) for row in rows.mappings()]

    async def put(self, connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> int:
        """Those of the rows that are not there, or others. Answers how many."""
        found = {self.key_of(row): row for row in await self._find(connection, rows)}
        wrong = [row for row in rows if not self._same(row, found.get(self.key_of(row)))]
        if wrong:
            written = insert_into(connection, self.table)
            changed = {name: written.excluded[name] for name in rows[0] if name not in {*self.key, *self.ours}}
            await connection.execute(written.on_conflict_do_update(index_elements=self._keys(), set_=changed), wrong)
        return len(wrong)

    async def keep(self, connection: AsyncConnection, rows: Sequence[dict[str, Any]], staged: AsyncConnection) -> int:
        """Drops those of the rows that are not staged. Answers how many."""
        known = {self.key_of(row) for row in await self._find(staged, rows)}
        surplus = [key for row in rows if (key := self.key_of(row)) not in known]
        if surplus:
            await connection.execute(delete(self.table).where(tuple_(*self._keys()).in_(surplus)))
        return len(surplus)

    def key_of(self, row: dict[str, Any]) -> Key:
        return tuple(row[name] for name in self.key)

    async def _find(self, connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        keys = [self.key_of(row) for row in rows]
        if not keys:
            return []
        found = await connection.execute(select(self.table.__table__).where(tuple_(*self._keys()).in_(keys)))
        return [dict(row) for row in found.mappings()]

    def _same(self, row: dict[str, Any], other: dict[str, Any] | None) -> bool:
        return other is not None and all(row[name] == other[name] for name in row if name not in self.ours)

    def _column(self, name: str) -> Any:
        return getattr(self.table, name)

    def _keys(self) -> list[Any]:
        return [self._column(name) for name in self.key]

"""How every question about what happened is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, CompoundSelect, Select, false
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import InstrumentedAttribute

from .database import translated

T = TypeVar("T")


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Reader:
    """Waits with each question until events that were durable before it are applied.

    Raises `UnavailableError` when the database is not there or too far behind.
    """

    def __init__(self, engine: AsyncEngine, *, catch_up: Callable[[], Awaitable[None]]) -> None:
        self._engine = engine
        self._catch_up = catch_up

    async def ask(self, question: Select[*tuple[Any, ...]]) -> list[Any]:
        (rows,) = await self.ask_all(question)
        return rows

    async def ask_all(self, *questions: Select[*tuple[Any, ...]] | CompoundSelect[Any]) -> list[list[Any]]:
        """One answer to each question."""

        async def answer(connection: AsyncConnection) -> list[list[Any]]:
            return [list(await connection.execute(question)) for question in questions]

        return await self.read(answer)

    async def read(self, answer: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """What is answered with a connection, which sees one state of the database where it can."""
        await self._catch_up()
        async with translated(), self._engine.connect() as connection:
            return await answer(connection)

    async def glance(self, question: Select[*tuple[Any, ...]]) -> list[Any]:
        """What the database has by now, which may be a moment old."""
        async with translated(), self._engine.connect() as connection:
            return list(await connection.execute(question))


def is_text(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    # No stored id holds a control character or half a surrogate, and a driver may refuse to be asked for one.
    return column == text if text.isprintable() else false()


def holds_text(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """In whatever case, as far as the database knows cases."""
    return column.icontains(text, autoescape=True) if text.isprintable() else false()

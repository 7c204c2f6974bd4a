"""What is spelled differently by the two databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Float
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

Insert = postgresql.Insert | sqlite.Insert

Write = Callable[[str], Insert]
"""Makes an INSERT for the database of this name, its columns and what it does on conflict, without values."""


def insert_into(connection: AsyncConnection, table: Any) -> Insert:
    """An INSERT that knows ON CONFLICT and RETURNING, for the database at hand."""
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: Any) -> Insert:
    """The same for a database by its name, for a statement that is made once and used by every batch."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


class seconds_of(FunctionElement[float]):  # noqa: N801 - it reads as the function it is
    """A moment in seconds since the epoch, to the millisecond. Half the time of reading many dates is making them."""

    type = Float()
    inherit_cache = True


@compiles(seconds_of, "postgresql")
def _of_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"extract(epoch FROM {compiler.process(element.clauses, **options)})::float8"


@compiles(seconds_of, "sqlite")
def _of_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"(julianday({compiler.process(element.clauses, **options)}) - 2440587.5) * 86400.0"

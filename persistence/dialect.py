"""The one statement whose spelling differs between the databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Insert = postgresql.Insert | sqlite.Insert


def insert_into(connection: AsyncConnection, table: Any) -> Insert:
    """An INSERT that knows ON CONFLICT and RETURNING, for the database at hand."""
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: Any) -> Insert:
    """The same for a database by its name, for a statement that is made once and used by every batch."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)

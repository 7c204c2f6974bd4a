"""Runs alembic on a connection that is already open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from persistence.errors import StartRefusedError

_LOCK: Final = 0x666F6C6B  # nodes that start together migrate one after the other


async def migrate(engine: AsyncEngine, revision: str = "head") -> None:
    """Bring the schema up to a revision, the newest by default; nothing happens when it is there."""
    async with altering(engine) as connection:
        await connection.run_sync(lambda sync: command.upgrade(configuration(sync), revision))


async def undo(engine: AsyncEngine, revision: str) -> None:
    """Bring the schema back to an older revision."""
    async with altering(engine) as connection:
        await connection.run_sync(lambda sync: command.downgrade(configuration(sync), revision))


async def require_migrated(engine: AsyncEngine) -> None:
    """For a role that may not alter tables. Raises `StartRefusedError` unless they are this version's."""
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_heads())
    wanted = ScriptDirectory.from_config(configuration()).get_heads()
    if set(found) != set(wanted):
        raise StartRefusedError("the database has not the tables of this version: run `folkmoot migrate`")


def configuration(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


@asynccontextmanager
async def altering(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction in which tables may be made anew.

    SQLite alters many a table by copying it and dropping the old one, and a table that is dropped takes along what
    cascades from its rows: everything. So foreign keys are off meanwhile, which they can only be from before the
    transaction, and are checked at its end (https://sqlite.org/lang_altertable.html, section 7).
    """
    async with engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            async with connection.begin():
                # Making an index of a long log takes longer than any question may, and so may waiting for who does.
                await connection.execute(text("SET LOCAL statement_timeout = 0"))
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                yield connection
            return
        await _enforce_foreign_keys(connection, on=False)
        try:
            async with connection.begin():
                yield connection
                if (await connection.execute(text("PRAGMA foreign_key_check"))).first() is not None:
                    raise StartRefusedError("the migration would leave rows that belong to nothing")
        finally:
            await _enforce_foreign_keys(connection, on=True)


async def _enforce_foreign_keys(connection: AsyncConnection, *, on: bool) -> None:
    raw = (await connection.get_raw_connection()).driver_connection
    if raw is not None:
        await (await raw.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")).close()

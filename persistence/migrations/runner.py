"""Runs alembic on a connection that is already open."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

_LOCK: Final = 0x666F6C6B  # nodes that start together migrate one after the other


async def migrate(engine: AsyncEngine) -> None:
    """Bring the schema to the newest revision; nothing happens when it is there."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


def configuration(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    command.upgrade(configuration(connection), "head")

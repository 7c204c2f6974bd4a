"""The migrations and the models describe one schema."""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from persistence.database import create_engine
from persistence.migrations import migrate
from persistence.migrations.runner import configuration
from persistence.tables import Base


def differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def downgrade(connection: Connection) -> None:
    command.downgrade(configuration(connection), "base")


async def test_an_empty_database_becomes_what_the_models_say(url: str) -> None:
    engine = create_engine(url)
    await migrate(engine)
    await migrate(engine)  # a second start finds nothing to do
    async with engine.connect() as connection:
        assert await connection.run_sync(tables) == set(Base.metadata.tables)
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_every_migration_can_be_undone(url: str) -> None:
    engine = create_engine(url)
    await migrate(engine)
    async with engine.begin() as connection:
        await connection.run_sync(downgrade)
        assert await connection.run_sync(tables) == set()
    await migrate(engine)
    await engine.dispose()

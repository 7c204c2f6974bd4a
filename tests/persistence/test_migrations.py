"""The migrations and the models describe one schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from persistence.database import create_engine
from persistence.errors import StartRefusedError
from persistence.migrations import migrate
from persistence.migrations.runner import undo
from persistence.store import StoreOptions
from persistence.tables import Base

from .conftest import Opener
from .test_delivery import told


def differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


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
    await undo(engine, "base")
    async with engine.begin() as connection:
        assert await connection.run_sync(tables) == set()
    await migrate(engine)
    await engine.dispose()


async def test_a_server_that_may_not_migrate_starts_only_with_the_tables_of_its_version(
    open_store: Opener, quick: Callable[..., StoreOptions]
) -> None:
    with pytest.raises(StartRefusedError, match="folkmoot migrate"):
        await open_store(quick(migrate=False))
    await (await open_store()).close()
    store = await open_store(quick(migrate=False))
    await undo(store._engine, "0013")
    await store.close()
    with pytest.raises(StartRefusedError, match="folkmoot migrate"):
        await open_store(quick(migrate=False))


async def test_no_migration_loses_a_row_either_way(open_store: Opener) -> None:
    """SQLite makes many a table anew, and dropping the old one would take along whatever cascades from it."""
    store = await open_store()
    await store.emitter.deliver(told())
    await store.flush()
    engine = store._engine

    async def rows() -> dict[str, int]:
        kept = ("meetings", "meeting_logs", "participants", "participant_sessions", "journal_position")
        async with engine.connect() as connection:
            return {name: await connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in kept}  # noqa: S608

    before = await rows()
    assert all(count > 0 for count in before.values())
    for revision in ("0004", "0001"):
        await undo(engine, revision)
        assert await rows() == before
        await migrate(engine)
        assert await rows() == before
    assert await store.queries.counts("m0") != {}

"""A statement on SQLite is one trip to the thread that has the connection."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from persistence.database import changing, create_engine, writing
from persistence.sqlite_connection import Connection


@pytest_asyncio.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path / 'd.db'}")
    async with writing(engine).begin() as connection:
        await connection.execute(text("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE)"))
    yield engine
    await engine.dispose()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was asked of a thread."""
    made: list[Any] = []
    ask = Connection._execute

    async def counted(self: Connection, function: Any, *arguments: Any, **options: Any) -> Any:
        made.append(function)
        return await ask(self, function, *arguments, **options)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(Connection, "_execute", counted)
    return made


async def _add(connection: AsyncConnection, *names: str) -> None:
    await connection.execute(text("INSERT INTO person (name) VALUES (:name)"), [{"name": name} for name in names])


async def test_a_statement_takes_one_trip_with_its_rows_and_without(engine: AsyncEngine, trips: list[Any]) -> None:
    async with writing(engine).begin() as connection:
        trips.clear()
        await _add(connection, "ada", "bob")
        assert len(trips) == 1
        rows = (await connection.execute(text("SELECT name FROM person ORDER BY name"))).scalars().all()
        assert rows == ["ada", "bob"]
        assert len(trips) == 2


async def test_of_a_change_the_lock_and_the_end_alone_are_waited_for(engine: AsyncEngine, trips: list[Any]) -> None:
    async with changing(engine).begin() as connection:
        assert len(trips) >= 1, "the lock"
        trips.clear()
        await _add(connection, "ada", "bob")
        rows = (await connection.execute(text("SELECT name FROM person ORDER BY name"))).scalars().all()
        assert rows == ["ada", "bob"]
        with pytest.raises(IntegrityError):
            await _add(connection, "ada")
        assert trips == []
    assert len(trips) == 1, "the end"
    trips.clear()
    async with writing(engine).begin() as connection:
        await _add(connection, "eve")
    assert len(trips) == 3, "lock, statement and end: whoever has the connection next is not in a hurry"


async def test_a_change_that_fails_leaves_nothing_and_lets_the_next_one_write(engine: AsyncEngine) -> None:
    async def fail() -> None:
        async with changing(engine).begin() as connection:
            await _add(connection, "ada")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with changing(engine).begin() as connection:
        await _add(connection, "bob")
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT name FROM person"))).scalars().all() == ["bob"]


async def test_a_change_waits_for_the_lock_without_holding_up_the_loop(engine: AsyncEngine, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "d.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def change() -> None:
        async with changing(engine).begin() as connection:
            await _add(connection, "ada")

    changed = asyncio.create_task(change())
    for _ in range(100):
        await asyncio.sleep(0)
    assert not changed.done()
    other.execute("ROLLBACK")
    other.close()
    await changed


async def test_a_statement_says_what_it_changed_and_returns(engine: AsyncEngine) -> None:
    async with writing(engine).begin() as connection:
        await _add(connection, "ada", "bob")
        changed = await connection.execute(text("UPDATE person SET name = name || '!'"))
        assert changed.rowcount == 2
        returned = await connection.execute(text("INSERT INTO person (name) VALUES ('eve') RETURNING id, name"))
        assert [tuple(row) for row in returned] == [(3, "eve")]
        assert (await connection.execute(text("SELECT 1 WHERE 0"))).all() == []


async def test_a_refused_statement_leaves_the_transaction_to_whoever_made_it(engine: AsyncEngine) -> None:
    async with writing(engine).begin() as connection:
        await _add(connection, "ada")
        with pytest.raises(IntegrityError):
            await _add(connection, "ada")
        await _add(connection, "bob")
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM person"))).scalar_one() == 2


async def test_who_is_cancelled_in_a_statement_leaves_nothing_behind(engine: AsyncEngine) -> None:
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n"
    begun = asyncio.Event()

    async def write() -> None:
        async with writing(engine).begin() as connection:
            await _add(connection, "ada")
            begun.set()
            await connection.execute(text(slow))

    task = asyncio.create_task(write())
    await begun.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with writing(engine).begin() as connection:
        await _add(connection, "bob")
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT name FROM person"))).scalars().all() == ["bob"]


async def test_a_closed_connection_says_so(tmp_path: Path) -> None:
    connection = Connection(lambda: sqlite3.connect(tmp_path / "d.db"), 1)
    await connection
    await connection.close()
    with pytest.raises(ValueError, match="no active connection"):
        await connection.cursor().execute("SELECT 1")

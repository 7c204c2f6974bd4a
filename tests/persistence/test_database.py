"""Many who write to SQLite at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from persistence.database import create_engine, writing

WRITERS = 200


async def test_writers_of_one_process_wait_in_line_and_not_by_trying_again(tmp_path: Path) -> None:
    """A writer that found the lock taken would sleep, by SQLite's own backoff, for longer than all of this takes."""
    errors: Counter[str] = Counter()
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path}/d.db", busy_timeout_ms=1, errors=errors)
    async with writing(engine).begin() as connection:
        await connection.execute(text("CREATE TABLE line (place INTEGER PRIMARY KEY, writer INTEGER)"))

    async def write(writer: int) -> None:
        async with writing(engine).begin() as connection:
            await connection.execute(text("INSERT INTO line (writer) VALUES (:writer)"), {"writer": writer})

    async with asyncio.timeout(30):
        await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    async with engine.connect() as connection:
        order = [row.writer for row in await connection.execute(text("SELECT writer FROM line ORDER BY place"))]
    assert order == list(range(WRITERS)), "who came first writes first"
    assert not errors, "nobody met a lock, although nobody would have waited for one"
    await engine.dispose()


async def test_errors_of_readers_and_writers_are_counted_once(tmp_path: Path) -> None:
    errors: Counter[str] = Counter()
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path}/d.db", errors=errors)
    for each in (engine, writing(engine)):
        with pytest.raises(OperationalError):
            async with each.begin() as connection:
                await connection.execute(text("SELECT * FROM nowhere"))
    assert errors.total() == 2
    await engine.dispose()

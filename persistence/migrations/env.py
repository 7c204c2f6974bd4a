"""Alembic's entry: on the connection it is given, or on a URL for whoever runs alembic by hand."""

from __future__ import annotations

import asyncio
from typing import Literal

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from persistence.tables import Base
from persistence.tables.base import UtcDateTime


def render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """A migration outlives the code it was made from, so it names SQLAlchemy's types and never ours."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,  # SQLite alters a table by making it anew
        render_item=render,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_by_hand(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    by_hand = context.get_x_argument(as_dictionary=True).get("url") or context.config.get_main_option("sqlalchemy.url")
    if by_hand is None:
        raise SystemExit("say which database: alembic -x url=sqlite+aiosqlite:///data/folkmoot.db ...")
    asyncio.run(run_by_hand(by_hand))

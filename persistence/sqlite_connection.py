"""SQLite on a thread, where a statement is one trip to it.

`aiosqlite` makes four of what SQLAlchemy asks for one statement: for a cursor, for executing, for the rows and for the
end. Each waits for its turn on the loop, and a busy loop makes milliseconds of it, while the transaction holds the one
lock that writes. Here the thread does all four before it answers.

The library's own parts are used by their inner names (`_conn`, `_execute`, `_thread`) in this file alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Self

from aiosqlite import Connection as ThreadedConnection
from sqlalchemy.engine import URL

Row = tuple[Any, ...]

_CHUNK = 64
"""What the library takes for rows read one by one, which nobody does here."""


class _Answer(NamedTuple):
    """What a cursor says once its statement is done."""

    rows: Sequence[Row] = ()
    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


class Cursor:
    """What SQLAlchemy asks of a driver's cursor; all rows are here when `execute` returns."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._answer = _Answer()
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        return self._answer.description

    @property
    def rowcount(self) -> int:
        return self._answer.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._answer.lastrowid

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        self._answer = await self._connection.run(lambda cursor: cursor.execute(statement, parameters))

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> None:
        self._answer = await self._connection.run(lambda cursor: cursor.executemany(statement, parameters))

    async def fetchall(self) -> Sequence[Row]:
        return self._answer.rows

    async def close(self) -> None:
        """The thread did that."""


class Connection(ThreadedConnection):
    """`await` it to open it.

    While `at_once` is set, statements are carried out here and now instead of on the thread: for a transaction of few
    rows that has the lock it wants. Waiting for a lock, and for the disk at the end, is the thread's.
    """

    at_once = False

    def cursor(self) -> Cursor:  # type: ignore[override]  # SQLAlchemy enters it before it uses it, and that is enough
        return Cursor(self)

    async def rollback(self) -> None:
        """Asked for after each commit too, where nothing is left to undo: that is known without a trip."""
        if self._conn.in_transaction:
            await super().rollback()

    async def run(self, statement: Callable[[sqlite3.Cursor], object]) -> _Answer:
        """Whatever the statement raises. Who is cancelled meanwhile does not stop it."""
        if self.at_once:
            return _carry_out(self._conn, statement)
        answer: _Answer = await self._execute(_carry_out, self._conn, statement)  # type: ignore[no-untyped-call]
        return answer


def _carry_out(connection: sqlite3.Connection, statement: Callable[[sqlite3.Cursor], object]) -> _Answer:
    cursor = connection.cursor()
    try:
        statement(cursor)
        rows = cursor.fetchall() if cursor.description else ()
        return _Answer(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()


def creator_of(url: URL) -> Callable[[], Connection]:
    """For `create_async_engine(async_creator=...)`: how its connections are made."""
    arguments, options = url.get_dialect()().create_connect_args(url)
    # Two threads have it, one after the other: SQLite allows that, and Python's own check would not.
    shared = {**options, "check_same_thread": False}
    connect: Callable[[], sqlite3.Connection] = partial(sqlite3.connect, *arguments, **shared)

    def create() -> Connection:
        connection = Connection(connect, _CHUNK)
        # A process that ends without closing does not wait for it.
        connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does for connections it makes itself
        return connection

    return create

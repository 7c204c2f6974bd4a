"""The engine, and what it must promise before anything is stored."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import event, text
from sqlalchemy.engine import URL, Connection, Engine, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from .errors import StartRefusedError, UnavailableError
from .faults import Fault, fault_of, is_transient
from .sqlite_connection import creator_of

BUSY_TIMEOUT_MS: Final = 5000
ANSWER_TIMEOUT_S: Final = 30.0
"""A database that has not answered by then is taken for one that will not."""

RECORD_LOCK_TIMEOUT_S: Final = 2.0
"""How long the writer of the record waits for a row that somebody else holds, on PostgreSQL."""

_KEEPALIVES: Final = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}
_WRITES: Final = "folkmoot_writes"
_WRITER: Final = "folkmoot_writer"
_RECORDER: Final = "folkmoot_recorder"
_FEW_ROWS: Final = "folkmoot_few_rows"
_SYNCHRONOUS_FULL: Final = 2


def _to_json(value: object) -> str:
    return orjson.dumps(value).decode()


_JSON: Final[dict[str, Any]] = {"json_serializer": _to_json, "json_deserializer": orjson.loads}

log = structlog.get_logger(__name__)


def create_engine(
    url: str,
    *,
    busy_timeout_ms: int = BUSY_TIMEOUT_MS,
    idle_timeout_s: float = ANSWER_TIMEOUT_S,
    statement_timeout_s: float | None = None,
    errors: Counter[str] | None = None,
) -> AsyncEngine:
    """An engine for `sqlite+aiosqlite` or `postgresql+asyncpg`. Raises `StartRefusedError` for any other.

    PostgreSQL ends a transaction of ours that it has not heard of for `idle_timeout_s`, and a statement after
    `statement_timeout_s`. `errors` counts whatever a driver raises, by `Fault`.
    """
    target = _read_url(url)
    if target.drivername == "sqlite+aiosqlite":
        if target.database in (None, "", ":memory:"):
            raise StartRefusedError("an SQLite database in memory keeps nothing: give it a file")
        engine = _create_sqlite(target, busy_timeout_ms)
    elif target.drivername == "postgresql+asyncpg":
        engine = _create_postgresql(target, idle_timeout_s, statement_timeout_s)
    else:
        raise StartRefusedError("the database is sqlite+aiosqlite or postgresql+asyncpg")
    if errors is not None:
        for each in {one.sync_engine for one in (engine, _writer_of(engine), _recorder_of(engine))}:
            _count_errors(each, errors)
    return engine


def _create_postgresql(target: URL, idle_timeout_s: float, statement_timeout_s: float | None) -> AsyncEngine:
    """Connections for everybody, and one for the record, which is written however many ask meanwhile."""
    server_settings = {
        "application_name": "folkmoot",
        "timezone": "UTC",
        "synchronous_commit": "on",
        # Else a connection that a network swallowed holds its locks for hours, and the writer waits for itself.
        "idle_in_transaction_session_timeout": _milliseconds(idle_timeout_s),
        # Else a question that nobody waits for any more goes on, and keeps its connection.
        "statement_timeout": _milliseconds(statement_timeout_s or 0),
        **_KEEPALIVES,
    }
    options: dict[str, Any] = {"pool_pre_ping": True, "connect_args": {"server_settings": server_settings}, **_JSON}
    engine = create_async_engine(target, **options)
    # Whoever holds one meeting for long holds up that meeting: the writer sees by this that it has to go around it.
    options["connect_args"] = {
        "server_settings": server_settings | {"lock_timeout": _milliseconds(RECORD_LOCK_TIMEOUT_S)}
    }
    return _together(engine, _RECORDER, create_async_engine(target, pool_size=1, max_overflow=1, **options))


def _milliseconds(seconds: float) -> str:
    return f"{round(seconds * 1000)}"


def _create_sqlite(target: URL, busy_timeout_ms: int) -> AsyncEngine:
    """Reading on many connections, writing on one.

    Writers of this process wait in line for that. SQLite's own waiting is trying again after naps, each longer than the
    one before, which makes a hundred writers a second wait for one another by the second.
    """
    options: dict[str, Any] = {"async_creator": creator_of(target), **_JSON}
    engine, writer = (
        create_async_engine(target, **options),
        create_async_engine(
            target, poolclass=_Line, pool_size=1, max_overflow=0, pool_timeout=ANSWER_TIMEOUT_S, **options
        ),
    )
    for each in (engine, writer):
        _prepare_sqlite(each, busy_timeout_ms)
    return _together(engine, _WRITER, writer)


class _Line(AsyncAdaptedQueuePool):
    """Knows how many wait for the one connection that writes."""

    waiting = 0

    def _do_get(self) -> ConnectionPoolEntry:
        self.waiting += 1
        try:
            return super()._do_get()
        finally:
            self.waiting -= 1


def _together(engine: AsyncEngine, role: str, other: AsyncEngine) -> AsyncEngine:
    """The engine, that knows the other by its role and is disposed of with it."""
    engine.sync_engine.update_execution_options(**{role: other})

    @event.listens_for(engine.sync_engine, "engine_disposed")
    def dispose_of_both(_engine: Engine) -> None:
        other.sync_engine.dispose()

    return engine


def writing(engine: AsyncEngine) -> AsyncEngine:
    """The engine for transactions that write: on SQLite they take the write lock at once, where waiting works."""
    return _writer_of(engine).execution_options(**{_WRITES: True})


def changing(engine: AsyncEngine) -> AsyncEngine:
    """The same for transactions of few rows: once they have SQLite's lock, their statements do not wait for a thread.

    Each trip to it waits for the loop's turn, twenty of them in one making of a meeting, and all who want to write wait
    for the sum.
    """
    return writing(engine).execution_options(**{_FEW_ROWS: True})


def recording(engine: AsyncEngine) -> AsyncEngine:
    """The engine for the writer of the record: on PostgreSQL it has a connection that nobody else may take."""
    return _recorder_of(engine).execution_options(**{_WRITES: True})


def others_wait(engine: AsyncEngine) -> bool:
    """Whether somebody waits for the connection that `engine` writes on: only on SQLite do they have to."""
    pool = engine.sync_engine.pool
    return isinstance(pool, _Line) and pool.waiting > 0


def _writer_of(engine: AsyncEngine) -> AsyncEngine:
    writer: AsyncEngine = engine.sync_engine.get_execution_options().get(_WRITER, engine)
    return writer


def _recorder_of(engine: AsyncEngine) -> AsyncEngine:
    recorder: AsyncEngine = engine.sync_engine.get_execution_options().get(_RECORDER, _writer_of(engine))
    return recorder


async def require_durability(connection: AsyncConnection) -> None:
    """Raises `StartRefusedError` unless a commit survives a power cut:

    the journal forgets what the database says it has.
    """
    if connection.dialect.name == "postgresql":
        if await _setting(connection, "SHOW synchronous_commit") == "off":
            raise StartRefusedError("PostgreSQL runs with synchronous_commit=off: commits may be lost")
        if await _setting(connection, "SHOW fsync") == "off":
            log.warning("PostgreSQL runs with fsync=off: a power cut may lose or damage everything")
        return
    for pragma, wanted in (("journal_mode", "wal"), ("synchronous", _SYNCHRONOUS_FULL), ("foreign_keys", 1)):
        if (found := await _setting(connection, f"PRAGMA {pragma}")) != wanted:
            raise StartRefusedError(f"SQLite runs with {pragma}={found}, {wanted} is needed")


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Faults of the surroundings become `UnavailableError`; a driver's own words go no further."""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            yield
    except Exception as error:
        if is_transient(error):
            log.warning("the database refused", error=type(error).__name__)
            raise UnavailableError("the database cannot answer now; try again") from error
        raise


async def _setting(connection: AsyncConnection, statement: str) -> Any:
    return (await connection.execute(text(statement))).scalar_one()


def _read_url(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise StartRefusedError("the database URL cannot be read") from error


def _count_errors(engine: Engine, errors: Counter[str]) -> None:
    @event.listens_for(engine, "handle_error")
    def count(context: ExceptionContext) -> None:
        errors[Fault.CONNECTION if context.is_disconnect else fault_of(context.original_exception)] += 1


def _prepare_sqlite(engine: AsyncEngine, busy_timeout_ms: int) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        # The driver would begin transactions late and by guessing; SQLAlchemy's "begin" below does it instead.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={busy_timeout_ms}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        driver: Any = connection.connection.driver_connection
        driver.at_once = False  # getting the lock may take long
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITES, False) else "BEGIN")
        driver.at_once = options.get(_FEW_ROWS, False)

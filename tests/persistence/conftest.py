"""Every promise about the database is tested on both: an SQLite file and a real PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.database import create_engine
from persistence.journal import JournalLimits
from persistence.migrations import migrate
from persistence.store import Store, StoreOptions
from persistence.writer import WriterOptions

from .database_path import DatabasePath, database_path
from .postgres import find_binaries, new_database, running_postgres

QUICK = StoreOptions(
    writer=WriterOptions(batch_delay_s=0.001, retry_base_s=0.001, retry_cap_s=0.01),
    journal=JournalLimits(max_bytes=1 << 20, segment_bytes=4096),
    busy_timeout_ms=20,
)
"""Nothing waits long, and segments are small enough to be rotated by a handful of events."""


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[Path]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with running_postgres(binaries) as directory:
        yield directory


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'folkmoot.db'}"
    return await new_database(request.getfixturevalue("postgres_socket"))


@pytest_asyncio.fixture
async def migrated(url: str) -> AsyncIterator[AsyncEngine]:
    """The empty tables, for laws that try many stories on them."""
    engine = create_engine(url)
    await migrate(engine)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def troubled(url: str, postgres_socket: Path) -> AsyncIterator[tuple[str, DatabasePath]]:
    """The test's PostgreSQL database, and the way to it that can be troubled."""
    # Paths of sockets are short (108 bytes), those of tests are not.
    with tempfile.TemporaryDirectory(prefix="path-") as directory:
        async with database_path(postgres_socket, Path(directory)) as path:
            yield url.replace(str(postgres_socket), directory), path


@dataclass
class Opener:
    """Opens stores on the test's database and closes what is left open."""

    url: str
    data_dir: Path
    stack: AsyncExitStack

    async def __call__(self, options: StoreOptions = QUICK, *, node: str = "node") -> Store:
        store = await Store.open(self.url, self.data_dir / node, options=options)
        self.stack.push_async_callback(store.close)
        return store


@pytest_asyncio.fixture
async def open_store(url: str, tmp_path: Path) -> AsyncIterator[Opener]:
    async with AsyncExitStack() as stack:
        yield Opener(url, tmp_path, stack)


@pytest_asyncio.fixture
async def store(open_store: Opener) -> Store:
    return await open_store()


@pytest.fixture
def quick() -> Callable[..., StoreOptions]:
    """QUICK with changes."""

    def change(**changes: object) -> StoreOptions:
        return replace(QUICK, **changes)  # type: ignore[arg-type]

    return change


Ask = Callable[[str], Awaitable[list[tuple[object, ...]]]]


@pytest_asyncio.fixture
async def ask(store: Store) -> Ask:
    """Plain SQL against the store's database, after everything emitted is in."""

    async def run(statement: str) -> list[tuple[object, ...]]:
        await store.flush()
        async with store._engine.connect() as connection:
            return [tuple(row) for row in await connection.exec_driver_sql(statement)]

    return run

"""A real PostgreSQL for tests: its own data directory and socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

_WHERE_DEBIAN_KEEPS_IT = Path("/usr/lib/postgresql")


def find_binaries() -> Path | None:
    """The newest PostgreSQL installed, or None."""
    found = sorted(_WHERE_DEBIAN_KEEPS_IT.glob("*/bin"), key=lambda path: float(path.parent.name))
    return found[-1] if found else None


@contextmanager
def running_postgres(binaries: Path, *, durable: bool = False, parent: Path | None = None) -> Iterator[Path]:
    """Yields the directory of the unix socket. PostgreSQL will not run as root, who lends it the `postgres` user."""
    home = Path(tempfile.mkdtemp(prefix="folkmoot-pg-", dir=parent))
    as_user: list[str] = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(home, user.pw_uid, user.pw_gid)
        as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    data, log = home / "data", home / "log"
    initdb = ["initdb", "-D", str(data), "-U", "folkmoot", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
    # In tests commits need not survive the machine, only the server.
    sync = "on" if durable else "off"
    settings = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync={sync} -c max_connections=200"
    start = ["pg_ctl", "-D", str(data), "-l", str(log), "-o", settings, "-w", "start"]
    stop = ["pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop"]

    def run(command: list[str]) -> None:
        program = str(binaries / command[0])
        subprocess.run([*as_user, program, *command[1:]], check=True, capture_output=True, cwd=home)

    try:
        run(initdb)
        run(start)
        try:
            yield home
        finally:
            run(stop)
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def new_database(socket: Path) -> str:
    """The URL of an empty database of its own."""
    name = f"test_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(host=str(socket), user="folkmoot", database="postgres")
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return f"postgresql+asyncpg://folkmoot@/{name}?host={socket}"

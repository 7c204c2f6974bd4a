"""One media worker as the server sees it: a child process and the link to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import structlog

import sfu
from sfu.channel import CommandLink
from sfu.commands import Command, MediaError
from sfu.events import WorkerEvent, WorkerReady
from sfu.ports import R

READY_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 3.0
LINKLESS_S = 0.25
SOURCES = Path(sfu.__file__).resolve().parents[1]

# A worker parses what the internet sends: it gets what it needs to run and nothing to give away.
INHERITED_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "RUST_BACKTRACE")

T = TypeVar("T")
Awaited = asyncio.Future[T] | Coroutine[Any, Any, T]
log = structlog.get_logger()


class WorkerStartError(Exception):
    """The worker did not come up; the reason is in its own output."""


class WorkerProcess:
    """Made by `start_worker`. Ends when the link closes, when the process dies, or with `stop()`."""

    def __init__(self, index: int, process: asyncio.subprocess.Process, link: CommandLink, ready: WorkerReady) -> None:
        self.index = index
        self.pid = ready.pid
        self.udp_port = ready.udp_port
        self.tcp_port = ready.tcp_port
        self._process = process
        self._link = link

    @property
    def serving(self) -> bool:
        """False from the moment its link is closed, which is before `wait` returns."""
        return not self._link.closed

    async def ask(self, command: Command[R]) -> R:
        """Raises MediaError."""
        return await self._link.ask(command)

    async def wait(self) -> int | None:
        """Until the process is gone, killed here when only its link closed. Returns its exit code.

        A worker without its link serves nobody, and its rooms wait for us: it gets `LINKLESS_S` to end by itself.
        """
        exited = asyncio.create_task(self._process.wait())
        closed = asyncio.create_task(self._link.wait_closed())
        try:
            await asyncio.wait([exited, closed], return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait([exited], timeout=LINKLESS_S)
            if not exited.done():
                self.kill()
                await exited
        finally:
            exited.cancel()
            closed.cancel()
        await self._link.close()
        return self._process.returncode

    def kill(self) -> None:
        """At once, for a worker that has fallen silent; `wait()` then returns."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def stop(self) -> None:
        """Close the link, which ends a healthy worker; then SIGTERM, then SIGKILL."""
        await self._link.close()
        await end_process(self._process)


async def end_process(process: asyncio.subprocess.Process) -> None:
    """Wait for it to end by itself, then ask, then insist."""
    for insist in (None, process.terminate, process.kill):
        if process.returncode is not None:
            return
        if insist is not None:
            with contextlib.suppress(ProcessLookupError):
                insist()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()


async def start_worker(
    index: int,
    *,
    listen_ip: str,
    announced_ip: str | None,
    udp_port: int,
    tcp_port: int | None = None,
    initial_bitrate: int = 1_000_000,
    minimum_bitrate: int = 600_000,
    on_event: Callable[[WorkerEvent], None],
) -> WorkerProcess:
    """Start `python -m sfu.worker` and wait until it is ready. Raises WorkerStartError."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[WorkerReady] = loop.create_future()

    def received(event: WorkerEvent) -> None:
        if isinstance(event, WorkerReady):
            if not ready.done():
                ready.set_result(event)
        else:
            on_event(event)

    # mkdtemp makes it 0700: nobody else reaches the socket, which is gone once the worker has connected.
    with tempfile.TemporaryDirectory(prefix="folkmoot-worker-") as directory:
        path = Path(directory) / "link"
        with _listening(path) as listener:
            command = [sys.executable, "-P", "-m", "sfu.worker", str(path), str(index), listen_ip, announced_ip or "-"]
            process = await asyncio.create_subprocess_exec(
                *command,
                str(udp_port),
                "-" if tcp_port is None else str(tcp_port),
                str(initial_bitrate),
                str(minimum_bitrate),
                env=_environment(),
                stdin=asyncio.subprocess.DEVNULL,
            )
            link: CommandLink | None = None
            try:
                async with asyncio.timeout(READY_TIMEOUT_S):
                    reader, writer = await _unless_exited(process, _accept(listener))
                    link = CommandLink(reader, writer, received)
                    announced = await _unless_exited(process, ready)
            except BaseException as error:
                if link is not None:
                    await link.close()
                await end_process(process)
                if isinstance(error, (TimeoutError, MediaError, OSError)):
                    raise WorkerStartError(f"worker {index}: {str(error) or 'not ready in time'}") from error
                raise
    return WorkerProcess(index, process, link, announced)


def _environment() -> dict[str, str]:
    inherited = {name: os.environ[name] for name in INHERITED_ENVIRONMENT if name in os.environ}
    return inherited | {"PYTHONPATH": str(SOURCES), "PYTHONUNBUFFERED": "1"}


def _listening(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.setblocking(False)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(1)
    return listener


async def _accept(listener: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    connection, _ = await asyncio.get_running_loop().sock_accept(listener)
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _pid, uid, _gid = struct.unpack("3i", credentials)
    if uid != os.getuid():
        connection.close()
        raise PermissionError("somebody else connected to the worker's socket")
    return await asyncio.open_unix_connection(sock=connection)


async def _unless_exited(process: asyncio.subprocess.Process, awaited: Awaited[T]) -> T:
    """What is awaited; ProcessLookupError when the process exits first."""
    wanted = asyncio.ensure_future(awaited)
    exited = asyncio.ensure_future(process.wait())
    try:
        await asyncio.wait([wanted, exited], return_when=asyncio.FIRST_COMPLETED)
        if wanted.done():
            return wanted.result()
        raise ProcessLookupError(f"exited with code {process.returncode} before it was ready")
    finally:
        wanted.cancel()
        exited.cancel()

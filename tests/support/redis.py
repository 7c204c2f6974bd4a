"""A real Redis for tests: on a port of its own, keeping nothing."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

START_TIMEOUT_S = 10
POLL_S = 0.02


def find_binary() -> str | None:
    """Debian's `redis-tools` carries the server too, under another name; which it is follows from how it is called."""
    return shutil.which("redis-server") or shutil.which("redis-check-rdb")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RunningRedis:
    binary: str
    folder: Path
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self._process = subprocess.Popen(
            ["redis-server", *options], executable=self.binary, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            assert time.monotonic() < deadline, "Redis did not start"
            with suppress(subprocess.TimeoutExpired):
                raise AssertionError(f"Redis ended with {self._process.wait(POLL_S)}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False


@contextmanager
def running_redis(binary: str) -> Iterator[RunningRedis]:
    with tempfile.TemporaryDirectory(prefix="folkmoot-redis-") as folder:
        redis = RunningRedis(binary, Path(folder))
        redis.start()
        try:
            yield redis
        finally:
            redis.stop()

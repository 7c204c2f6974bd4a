"""A real TURN server (Debian's coturn) with a shared secret, on this machine alone."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT_S = 20
POLL_S = 0.05
REALM = "folkmoot.test"


@dataclass(frozen=True)
class TurnServer:
    port: int
    secret: str
    log_path: Path

    @property
    def url(self) -> str:
        return f"turn:127.0.0.1:{self.port}?transport=udp"

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")


@contextmanager
def running_turn(secret: str) -> Iterator[TurnServer]:
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="folkmoot-turn-") as folder:
        log_path = Path(folder) / "turn.log"
        # fmt: off
        command = [
            "turnserver", "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
            "--use-auth-secret", f"--static-auth-secret={secret}", f"--realm={REALM}", "--no-tls", "--no-dtls",
            "--no-cli", "--allow-loopback-peers", "--no-multicast-peers",
            "--denied-peer-ip=0.0.0.0-255.255.255.255", "--denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "--allowed-peer-ip=127.0.0.1", f"--pidfile={folder}/pid", f"--db={folder}/db", "--log-file=stdout",
            "--verbose",
        ]
        # fmt: on
        with log_path.open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            server = TurnServer(port, secret, log_path)
            _wait_until_listening(server, process)
            yield server
        finally:
            process.terminate()
            process.wait()


def _wait_until_listening(server: TurnServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        except OSError:
            with suppress(subprocess.TimeoutExpired):
                process.wait(POLL_S)
        else:
            return
    raise AssertionError(f"coturn did not start:\n{server.log()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""The real program, started as an operator would start it."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from server.identity import TokenAuthority

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 20
POLL_S = 0.05


class RunningServer:
    """One `folkmoot serve` with ports and a data directory of its own."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.secret = secrets.token_hex(24)
        self.port = _free_port()
        self.url = f"http://localhost:{self.port}"
        self.log_path = data_dir / "server.log"
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | {
            "FOLKMOOT_HTTP__HOST": "127.0.0.1",
            "FOLKMOOT_HTTP__PORT": str(self.port),
            "FOLKMOOT_RTC__UDP_PORT": "0",
            "FOLKMOOT_RTC__LISTEN_IP": "127.0.0.1",
            "FOLKMOOT_RTC__ANNOUNCED_IP": "127.0.0.1",
            "FOLKMOOT_RTC__WORKERS": "1",
            "FOLKMOOT_DATA_DIR": str(self.data_dir / "data"),
            "FOLKMOOT_AUTH__SECRET": self.secret,
            "FOLKMOOT_AUTH__GUESTS_CREATE": "true",
            "FOLKMOOT_LOG__FORMAT": "json",
            **self._environment,
        }
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "server", "serve"], env=environment, stdout=log, stderr=log
            )
        self._wait_until_ready()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def stop(self) -> int:
        """The exit code of a polite stop."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the server did not stop:\n{self.log()[-3000:]}") from None

    def kill(self) -> None:
        """Without a word, as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def token(self, identity: str, **claims: Any) -> str:
        authority = TokenAuthority(self.secret, now=time.time)
        return authority.issue(identity, ttl_s=3600, **{"name": identity.title(), **claims})

    def operator_token(self) -> str:
        return self.token("operator", operator=True)

    def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, Any]:
        """Status and decoded JSON body."""
        headers = {"Authorization": f"Bearer {token}", **headers} if token else dict(headers)
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}{path}", data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def events(self, meeting_id: str, **query: Any) -> list[dict[str, Any]]:
        parameters = "&".join(f"{name}={value}" for name, value in {"limit": 1000, **query}.items())
        status, page = self.request(
            "GET", f"/api/meetings/{meeting_id}/events?{parameters}", token=self.operator_token()
        )
        assert status == 200, page
        return page["items"]

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(POLL_S)
                raise AssertionError(f"the server ended with {code}:\n{self.log()[-3000:]}")
            try:
                if self.request("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                pass
        raise AssertionError(f"the server did not become ready:\n{self.log()[-3000:]}")


@contextmanager
def running_server(**environment: str) -> Iterator[RunningServer]:
    with tempfile.TemporaryDirectory(prefix="folkmoot-test-") as folder:
        server = RunningServer(Path(folder), **environment)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""The `folkmoot` command, as an operator types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.person import Person
from tests.support.server import RunningServer


def folkmoot(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FOLKMOOT_")}
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        env=clean | {"PYTHONPATH": str(Path.cwd()), **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("secret", ["", "short"])
def test_serving_without_a_proper_secret_is_refused_in_words(tmp_path: Path, secret: str) -> None:
    refused = folkmoot("serve", cwd=tmp_path, FOLKMOOT_AUTH__SECRET=secret)
    assert refused.returncode == 2
    assert "auth.secret" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    refused = folkmoot("serve", "--dev", cwd=tmp_path, FOLKMOOT_HTTP__PORT="a lot")
    assert refused.returncode == 2
    assert "http.port" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_in_use_is_said_and_leaves_nothing_behind(tmp_path: Path, server: RunningServer) -> None:
    refused = folkmoot(
        "serve",
        "--dev",
        cwd=tmp_path,
        FOLKMOOT_HTTP__PORT=str(server.port),
        FOLKMOOT_HTTP__HOST="127.0.0.1",
        FOLKMOOT_RTC__UDP_PORT="0",
        FOLKMOOT_RTC__WORKERS="1",
    )
    assert refused.returncode == 1
    assert "cannot start" in refused.stderr
    assert "Traceback" not in refused.stderr


async def test_a_token_from_the_command_opens_its_meeting(tmp_path: Path, server: RunningServer) -> None:
    made = folkmoot(
        *("create-token", "--identity", "ada", "--name", "Ada", "--role", "host", "--ttl", "15m"),
        cwd=tmp_path,
        FOLKMOOT_AUTH__SECRET=server.secret,
    )
    assert made.returncode == 0, made.stderr
    ada = await Person(server.url, made.stdout.strip()).connect()
    meeting = (await ada.ask("room:create", title="From the command line"))["meeting"]
    assert (await ada.join(meeting["id"])).joined["your_role"] == "host"

    shown = folkmoot("rooms", "--url", server.url, cwd=tmp_path, FOLKMOOT_AUTH__SECRET=server.secret)
    assert meeting["id"] in shown.stdout
    assert "1 person" in shown.stdout
    await ada.disconnect()


@pytest.mark.parametrize("ttl", ["0s", "6", "forever", "-1h"])
def test_a_lifetime_that_is_none_is_refused(tmp_path: Path, ttl: str) -> None:
    refused = folkmoot("create-token", "--identity", "ada", f"--ttl={ttl}", "--dev", cwd=tmp_path)
    assert refused.returncode == 2


def test_migrating_makes_the_tables_and_may_be_repeated(tmp_path: Path) -> None:
    for _ in range(2):
        done = folkmoot("migrate", "--dev", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "folkmoot.db").is_file()


async def test_a_replay_beside_a_running_server_makes_rows_anew(tmp_path: Path, server: RunningServer) -> None:
    token = server.token("ada", meeting="replayed", role="host", grants={"room_create": True, "room_join": True})
    ada = await (await Person(server.url, token).connect()).join("replayed", display_name="Ada")
    url = f"sqlite+aiosqlite:///{server.data_dir / 'data' / 'folkmoot.db'}"
    settings = {"FOLKMOOT_DATABASE__URL": url, "FOLKMOOT_AUTH__SECRET": server.secret}
    before = server.request("GET", "/api/meetings/replayed/participants", token=server.operator_token())[1]
    done = folkmoot("replay", "--meeting", "replayed", "--projection", "people", cwd=tmp_path, **settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("replayed  ")
    assert server.request("GET", "/api/meetings/replayed/participants", token=server.operator_token())[1] == before
    unknown = folkmoot("replay", "--meeting", "nowhere", cwd=tmp_path, **settings)
    assert (unknown.returncode, unknown.stderr) == (1, "there is no meeting nowhere\n")
    refused = folkmoot("replay", "--projection", "teapots", cwd=tmp_path, **settings)
    assert refused.returncode == 2
    assert "people" in refused.stderr
    await ada.disconnect()

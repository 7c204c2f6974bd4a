"""`folkmoot load-test` against a running server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration.test_command_line import folkmoot
from tests.support.server import RunningServer


def load(server: RunningServer, tmp_path: Path, *arguments: str, secret: str | None = None) -> tuple[int, Any, str]:
    """Exit code, results and everything it said."""
    out = tmp_path / "results.json"
    ended = folkmoot(
        "load-test",
        "--url",
        server.url,
        "--json",
        str(out),
        "--joins-per-second",
        "50",
        *arguments,
        cwd=tmp_path,
        FOLKMOOT_AUTH__SECRET=secret or server.secret,
    )
    return ended.returncode, json.loads(out.read_text()), ended.stdout + ended.stderr


def test_everybody_joins_and_receives_what_the_publishers_send(server: RunningServer, tmp_path: Path) -> None:
    code, found, said = load(server, tmp_path, "--subscribers", "3", "--video", "100,300", "--duration", "3")
    assert code == 0, said
    assert found["joins"]["joined"] == 4
    assert found["joins"]["first_media_ms"]["max"] is not None
    # Three subscribers, sound at 50 and the higher encoding at 60 packets a second, most of three seconds long.
    assert found["received"]["packets"] > 3 * 110 * 2
    assert found["loss"] == {"packets": 0, "percent": 0.0, "refused": 0}
    assert 0 < found["latency_ms"]["p50"] <= found["latency_ms"]["p99"]
    assert "joined 4/4" in said
    assert "latency" in said


def test_people_of_one_meeting_may_be_in_different_processes(server: RunningServer, tmp_path: Path) -> None:
    arguments = ("--publishers", "3", "--subscribers", "0", "--publishers-watch", "--processes", "2")
    code, found, said = load(server, tmp_path, *arguments, "--video", "0", "--duration", "2")
    assert code == 0, said
    # Each of three hears the other two, and not itself.
    ratio = found["received"]["packets"] / found["sent"]["packets"]
    assert 1.6 < ratio <= 3.0


def test_who_is_refused_is_counted_by_the_servers_word(server: RunningServer, tmp_path: Path) -> None:
    code, found, _ = load(server, tmp_path, "--subscribers", "1", "--duration", "1", secret="x" * 40)
    assert code == 1
    assert found["joins"]["joined"] == 0
    assert found["joins"]["failed"] == {"UNAUTHORIZED": 2}


def test_nonsense_is_refused_in_words(tmp_path: Path) -> None:
    refused = folkmoot("load-test", "--dev", "--url", "ftp://here", "--video", "1,2,3,4", cwd=tmp_path)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr

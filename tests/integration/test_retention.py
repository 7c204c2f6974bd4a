"""Archiving and erasing, as an operator types it, on a running server."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_command_line import folkmoot
from tests.persistence.conftest import postgres_socket, url
from tests.support.server import RunningServer, running_server

__all__ = ["postgres_socket", "url"]


@pytest.fixture
def server(url: str) -> Iterator[RunningServer]:
    with running_server(FOLKMOOT_DATABASE__URL=url) as running:
        yield running


def type_in(server: RunningServer, *words: str) -> str:
    done = folkmoot(*words, "--url", server.url, cwd=server.data_dir, FOLKMOOT_AUTH__SECRET=server.secret)
    assert done.returncode == 0, done.stderr
    return done.stdout


def bring(server: RunningServer, *events: dict[str, Any]) -> None:
    whole = [
        {
            "event_id": f"00000000-0000-7000-8000-{number:012d}",
            "meeting_id": "old",
            "participant_id": "p",
            "timestamp": f"2025-01-01T10:{number:02d}:00Z",
        }
        | event
        for number, event in enumerate(events)
    ]
    status, verdicts = server.request(
        "POST", "/api/meetings/events", token=server.operator_token(), body={"events": whole}
    )
    assert (status, verdicts["accepted"]) == (200, len(events)), verdicts


def test_old_events_are_archived_and_a_person_is_erased_from_there_too(server: RunningServer) -> None:
    account = {"email": "ann@example.org", "password": "correct horse battery", "display_name": "Annabel"}
    status, signed_in = server.request("POST", "/api/auth/signup", body=account)
    assert status == 201, signed_in
    user_id = signed_in["user"]["id"]
    joined = {"user_id": user_id, "display_name": "Annabel", "role": "host"}
    bring(
        server,
        {"type": "meeting.created", "participant_id": None, "payload": {"title": "Old", "creator_id": user_id}},
        {"type": "participant.joined", "payload": joined},
        {"type": "participant.left", "payload": {"user_id": user_id, "reason": "left"}},
        {"type": "hand.raised", "payload": {}, "timestamp": "2999-01-01T00:00:00Z"},
    )
    assert "3 events" in type_in(server, "retention", "run")
    assert [event["sequence"] for event in server.events("old")] == [4]
    assert "1 files hold 3 events" in type_in(server, "retention", "show")
    assert "Annabel" in archived(server)

    shown = type_in(server, "erase", "--email", "ann@example.org", "--yes")
    assert "3 in archives" in shown
    assert "the account" in shown
    held = archived(server)
    assert "Annabel" not in held
    assert user_id not in held
    assert "erased:" in held
    login = {name: account[name] for name in ("email", "password")}
    assert server.request("POST", "/api/auth/login", body=login)[0] == 401
    assert server.request("GET", "/api/auth/me", token=signed_in["token"])[0] == 401
    (archive,) = server.request("GET", "/api/archives?meeting_id=old", token=server.operator_token())[1]["items"]
    assert archive["rewritten"] == 1


def archived(server: RunningServer) -> str:
    files = (server.data_dir / "data" / "archive").rglob("*.ndjson.gz")
    return "".join(gzip.decompress(path.read_bytes()).decode() for path in files)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_only_operators_archive_or_erase_and_only_whom_there_is(server: RunningServer) -> None:
    routes = (("GET", "/api/retention"), ("POST", "/api/retention/run"), ("GET", "/api/archives"))
    for method, path in (*routes, ("POST", "/api/erasures")):
        assert server.request(method, path)[0] == 401
        assert server.request(method, path, token=server.token("ada", role="host"))[0] == 403
    operator = server.operator_token()
    for body in ({}, {"user_id": "x", "email": "x@y.z"}, {"user_id": ""}, {"user_id": "\x00"}, {"who": "x"}):
        assert server.request("POST", "/api/erasures", token=operator, body=body)[0] == 422
    assert server.request("POST", "/api/erasures", token=operator, body={"email": "no@where.org"})[0] == 404
    done = server.request("POST", "/api/erasures", token=operator, body={"user_id": "nobody-ever"})
    assert (done[0], done[1]["events"], done[1]["account"]) == (200, 0, False)


def test_erasing_needs_exactly_one_person_and_a_yes(tmp_path: Path) -> None:
    assert folkmoot("erase", "--dev", cwd=tmp_path).returncode == 2
    assert folkmoot("erase", "--user-id", "a", "--email", "b", "--dev", cwd=tmp_path).returncode == 2
    assert folkmoot("erase", "--user-id", "a", "--dev", cwd=tmp_path).returncode == 1

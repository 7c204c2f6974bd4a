"""Whatever a question over HTTP is made of, it is answered in words and changes nothing (case 64)."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from tests.support.server import RunningServer

NASTY = (
    *("'", "' OR '1'='1", '"; DROP TABLE meetings; --', "%", "_%", "\\", "*/", "unknown"),
    *("-1", "0", "1000000000", "9" * 40, "1e9", "NaN", "", "\x00", "\ud7ff￿", "../../etc/passwd", "{{7*7}}", "[]"),
    *("2026-13-45T99:99:99Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "a" * 2000),
)
ANSWERED = {200, 400, 403, 404, 409, 422}


def questions(document: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """The path of every GET, and the names it takes in its query."""
    for path, methods in document["paths"].items():
        if "get" in methods:
            parameters = methods["get"].get("parameters", [])
            yield path, [each["name"] for each in parameters if each["in"] == "query"]


def ask(server: RunningServer, path: str) -> int:
    """The status alone: some answers never end."""
    request = urllib.request.Request(
        f"{server.url}{path}", headers={"Authorization": f"Bearer {server.operator_token()}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_case_64_what_a_question_is_made_of_is_data(server: RunningServer) -> None:
    made = server.request("POST", "/api/meetings", token=server.token("ada"), body={"title": "Kept"})[1]
    asked = dict(questions(server.request("GET", "/api/openapi.json")[1]))
    assert len(asked) > 15
    odd = []
    for path, names in asked.items():
        whole = re.sub(r"\{\w+\}", made["id"], path)
        tries = [f"{whole}?{urlencode({name: value})}" for name in names for value in NASTY]
        if "{" in path:
            tries += [re.sub(r"\{\w+\}", quote(value, safe=""), path) for value in NASTY if value]
        odd += [(one, status) for one in tries if (status := ask(server, one)) not in ANSWERED]
    assert odd == []
    assert server.request("GET", f"/api/meetings/{made['id']}")[1]["title"] == "Kept"
    assert "Traceback" not in server.log()


def test_case_64_a_cursor_that_was_tampered_with_is_refused_or_another_place(server: RunningServer) -> None:
    """Cursors are places in what one may read anyway, so there is nothing to be gained by another."""
    token = server.token("bob")
    for before in ("nonsense", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z~", "x~y", "~"):
        status, page = server.request("GET", f"/api/history?before={quote(before)}", token=token)
        assert status == 422 or page["items"] == []

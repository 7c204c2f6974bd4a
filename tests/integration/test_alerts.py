"""Alert rules over the API of the real program."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.server import RunningServer

RULE = {
    "name": "A worker died",
    "when": {"event_types": ["worker.died"], "conditions": [{"field": "reason", "op": "eq", "value": "hung"}]},
    "until": {"event_types": ["room.recovered"]},
}


def ask(server: RunningServer, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    return server.request(method, path, token=server.operator_token(), body=body, headers=headers)


def test_a_rule_is_made_replaced_and_deleted(server: RunningServer) -> None:
    status, made = ask(server, "POST", "/api/alert-rules", RULE)
    assert status == 201, made
    one = f"/api/alert-rules/{made['id']}"
    assert made["rule"]["per"] == "meeting"
    assert ask(server, "PUT", one, RULE)[0] == 428
    status, changed = ask(server, "PUT", one, RULE | {"enabled": False, "count": 2}, **{"If-Match": '"1"'})
    assert (status, changed["enabled"], changed["rule"]["count"]) == (200, False, 2)
    assert ask(server, "PUT", one, RULE, **{"If-Match": '"1"'})[0] == 412
    assert [rule["id"] for rule in ask(server, "GET", "/api/alert-rules")[1]["items"]] == [made["id"]]
    assert ask(server, "GET", "/api/alerts?state=all") == (200, {"items": [], "problems": []})
    assert ask(server, "DELETE", one, **{"If-Match": '"2"'})[0] == 200
    assert ask(server, "GET", one)[0] == 404


@pytest.mark.parametrize("change", [{"endpoint_ids": ["we_none"]}, {"when": {"event_types": ["alert.*"]}}, {"x": 1}])
def test_a_rule_that_cannot_be_is_refused(server: RunningServer, change: dict[str, Any]) -> None:
    status, reply = ask(server, "POST", "/api/alert-rules", RULE | change)
    assert (status, reply["error"]["code"]) == (422, "VALIDATION")


def test_only_operators_see_alerts(server: RunningServer) -> None:
    for path in ("/api/alerts", "/api/alert-rules", "/api/alert-rules/x"):
        assert server.request("GET", path)[0] == 401
        assert server.request("GET", path, token=server.token("ada", role="host"))[0] == 403

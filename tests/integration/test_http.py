"""The HTTP side of the running program, as its operators and their machines see it."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families

from persistence.events import schema as events
from signaling import asyncapi, schema
from tests.integration.conftest import Enter
from tests.support.server import RunningServer


def test_it_says_that_it_lives_and_which_parts_are_ready(server: RunningServer) -> None:
    assert server.request("GET", "/healthz") == (200, {"status": "ok"})
    status, body = server.request("GET", "/readyz")
    assert (status, body["ready"]) == (200, True)
    assert body["checks"] == {"database": "ok", "workers": "ok", "signaling": "ok"}


def metrics_of(server: RunningServer) -> str:
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as answer:
        return str(answer.read().decode())


async def test_metrics_count_requests_people_and_drops(server: RunningServer, enter: Enter) -> None:
    ada = await enter("ada", "measured")
    await ada.refused("room:levitate")
    families = {family.name: family for family in text_string_to_metric_families(metrics_of(server))}
    requests = {(s.labels["event"], s.labels["outcome"]): s.value for s in families["folkmoot_requests"].samples}
    assert requests["room:join", "ok"] >= 1
    assert requests["unknown", "NOT_FOUND"] >= 1
    assert families["folkmoot_participants"].samples[0].value >= 1
    assert {"folkmoot_worker_drops", "folkmoot_worker_cpu", "folkmoot_events_stored"} <= families.keys()


async def test_operators_see_rooms_and_workers_and_others_do_not(server: RunningServer, enter: Enter) -> None:
    await enter("ada", "watched")
    operator = server.operator_token()
    rooms = server.request("GET", "/api/rooms", token=operator)[1]["rooms"]
    assert "watched" in {room["meeting_id"] for room in rooms}
    status, room = server.request("GET", "/api/rooms/watched", token=operator)
    assert (status, [person["display_name"] for person in room["participants"]]) == (200, ["Ada"])
    (worker,) = server.request("GET", "/api/workers", token=operator)[1]["workers"]
    assert worker["pid"] > 0
    assert worker["state"] == "running"
    assert server.request("GET", "/api/rooms/nowhere", token=operator)[0] == 404
    for path in ("/api/rooms", "/api/rooms/watched", "/api/workers"):
        assert server.request("GET", path, token=server.token("ada"))[0] == 403
        assert server.request("GET", path)[0] == 401


async def test_the_record_is_for_whoever_made_the_meeting_whatever_their_role_in_it(
    server: RunningServer, enter: Enter
) -> None:
    ada = await enter("ada", "private", role="participant")
    path = "/api/meetings/private/events"
    assert server.request("GET", path, token=server.token("eve"))[0] == 403
    assert server.request("GET", path, token=server.token("ada", meeting="other"))[0] == 403
    status, page = server.request("GET", f"{path}?limit=1", token=server.token("ada"))
    assert (status, page["items"][0]["sequence"], page["next_after"]) == (200, 1, 1)
    status, page = server.request("GET", f"{path}?after=1&type=participant.joined", token=server.token("ada"))
    (joined,) = page["items"]
    assert joined["participant_id"] == ada.joined["participant_id"]
    assert joined["timestamp"].endswith(("Z", "+00:00"))
    assert joined.keys() == {"event_id", "type", "sequence", "meeting_id", "participant_id", "timestamp", "payload"}
    assert server.request("GET", "/api/meetings/nowhere/events", token=server.token("ada"))[0] == 404


def test_the_openapi_document_of_all_routes_is_valid(server: RunningServer) -> None:
    status, document = server.request("GET", "/api/openapi.json")
    assert status == 200
    validate(document)
    assert {"/api/meetings/{id}/events", "/api/rooms/{meeting_id}", "/api/workers"} <= document["paths"].keys()


def test_the_catalogue_of_events_is_published(server: RunningServer) -> None:
    assert server.request("GET", "/api/schema/events.json") == (200, events.document())


def test_the_contract_of_signaling_is_published(server: RunningServer) -> None:
    assert server.request("GET", "/api/schema/signaling.json") == (200, schema.document())
    assert server.request("GET", "/api/schema/asyncapi.json") == (200, asyncapi.document())


@pytest.mark.parametrize(
    "path", ["/assets/../../pyproject.toml", "/assets/%2e%2e/%2e%2e/pyproject.toml", "/.env", "/m/.."]
)
def test_only_the_pages_own_files_are_served(server: RunningServer, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}{path}", timeout=5)
    assert refused.value.code in (403, 404)


def test_a_page_may_not_be_framed_and_runs_only_what_is_ours(server: RunningServer) -> None:
    with urllib.request.urlopen(server.url, timeout=5) as page:
        policy = page.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "script-src" in policy or "default-src 'self'" in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"

"""The record of a meeting over HTTP: for its hosts and for operators, and for nobody else."""

from __future__ import annotations

import csv
import io
import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from server.api.exports import COLUMNS
from tests.support.server import RunningServer

from .conftest import Enter

FOR_ALL_WHO_WERE_IN = ("events", "events/counts", "participants", "timeline")
FOR_HOSTS = ("events/export", "analytics", "state?at=2026-01-01T00:00:00Z")


def download(server: RunningServer, path: str, token: str) -> tuple[str, str, str]:
    """Content type, disposition and text."""
    request = urllib.request.Request(f"{server.url}{path}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.headers["Content-Disposition"], answer.read().decode()


async def test_figures_and_exports_are_for_hosts_and_the_rest_for_those_who_were_there(
    server: RunningServer, enter: Enter
) -> None:
    await enter("ada", "closed-book")
    await enter("bob", "closed-book", role="participant")
    for route in (*FOR_ALL_WHO_WERE_IN, *FOR_HOSTS):
        path = f"/api/meetings/closed-book/{route}"
        for reader in (
            server.token("eve"),
            server.token("eve", role="host"),
            server.token("ada", meeting="other"),
            server.token("eve", meeting="closed-book", role="co_host"),
        ):
            assert server.request("GET", path, token=reader)[0] == 403
        if "export" not in route:
            assert server.request("GET", path)[0] == 401
            for reader in (
                server.token("ada"),
                server.operator_token(),
                server.token("x", meeting="closed-book", role="host"),
            ):
                assert server.request("GET", path, token=reader)[0] == 200
            assert server.request("GET", path, token=server.token("bob"))[0] == (403 if route in FOR_HOSTS else 200)
        nowhere = path.replace("closed-book", "nowhere")
        assert server.request("GET", nowhere, token=server.operator_token())[0] == 404


async def test_whoever_was_blocked_reads_nothing_any_more(server: RunningServer, enter: Enter) -> None:
    ada = await enter("ada", "shut-book")
    eve = await enter("eve", "shut-book", role="participant")
    await ada.ask("participant:block", participant_id=eve.joined["participant_id"])
    for route in FOR_ALL_WHO_WERE_IN:
        assert server.request("GET", f"/api/meetings/shut-book/{route}", token=server.token("eve"))[0] == 403


async def test_the_room_at_a_second_and_its_timeline(server: RunningServer, enter: Enter) -> None:
    ada = await enter("ada", "looked-back")
    await ada.ask("hand:raise", raised=True)
    await enter("bob", "looked-back", role="participant")
    token = server.token("ada")
    status, timeline = server.request("GET", "/api/meetings/looked-back/timeline", token=token)
    assert (status, [lane["display_name"] for lane in timeline["lanes"]]) == (200, ["Ada", "Bob"])
    assert [ended for _, ended in timeline["lanes"][0]["spans"]["hand"]] == [None]
    now = quote(datetime.now(UTC).isoformat())
    status, state = server.request("GET", f"/api/meetings/looked-back/state?at={now}", token=token)
    assert (status, [(p["display_name"], p["hand"]) for p in state["participants"]]) == (
        200,
        [("Ada", True), ("Bob", False)],
    )
    before = quote((datetime.now(UTC) - timedelta(hours=1)).isoformat())
    _, state = server.request("GET", f"/api/meetings/looked-back/state?at={before}", token=token)
    assert state["participants"] == []


@pytest.mark.parametrize(
    "query",
    [
        "state",
        "state?at=noon",
        "state?at=2026-01-01T00:00:00",
        "state?at=9999-12-31T23:59:59-12:00",
        "events?from=x",
        "events?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "events?until=1",
        "events/export?format=xls",
    ],
)
async def test_what_cannot_be_asked_is_refused_in_words(server: RunningServer, enter: Enter, query: str) -> None:
    await enter("ada", "odd-questions")
    status, refusal = server.request("GET", f"/api/meetings/odd-questions/{query}", token=server.token("ada"))
    assert (status, refusal["error"]["code"]) == (422, "VALIDATION")


async def test_events_of_a_person_and_of_a_time(server: RunningServer, enter: Enter) -> None:
    ada = await enter("ada", "filtered")
    await enter("bob", "filtered", role="participant")
    await ada.ask("hand:raise", raised=True)
    path, token = "/api/meetings/filtered/events", server.token("ada")
    _, page = server.request("GET", f"{path}?user_id=ada&type=hand.raised", token=token)
    (raised,) = page["items"]
    _, page = server.request("GET", f"{path}?from={raised['timestamp']}&type=hand.raised", token=token)
    assert [item["event_id"] for item in page["items"]] == [raised["event_id"]]
    _, page = server.request("GET", f"{path}?to={raised['timestamp']}&type=hand.raised", token=token)
    assert page["items"] == []


async def test_the_record_can_be_taken_away(server: RunningServer, enter: Enter) -> None:
    await enter("ada", "taken-away")
    _, page = server.request("GET", "/api/meetings/taken-away/events?limit=1000", token=server.token("ada"))
    path = "/api/meetings/taken-away/events/export"
    kind, disposition, text = download(server, path, server.token("ada"))
    assert (kind, disposition) == (
        "application/x-ndjson; charset=utf-8",
        'attachment; filename="taken-away-events.ndjson"',
    )
    assert [json.loads(line) for line in text.splitlines()] == page["items"]
    kind, _, text = download(server, f"{path}?format=csv&type=participant.joined", server.token("ada"))
    header, row = csv.reader(io.StringIO(text))
    assert (kind, tuple(header)) == ("text/csv; charset=utf-8", COLUMNS)
    assert json.loads(row[COLUMNS.index("payload")])["display_name"] == "Ada"


async def test_past_meetings_are_listed_for_those_who_were_there(server: RunningServer, enter: Enter) -> None:
    await enter("zoe", "held-1")
    await enter("zoe", "held-2")
    await enter("yan", "held-2", role="participant")
    _, page = server.request("GET", "/api/history?limit=1", token=server.token("zoe"))
    assert [(item["id"], item["hosted"], item["people"]) for item in page["items"]] == [("held-2", True, 2)]
    _, page = server.request("GET", f"/api/history?limit=1&before={page['next_before']}", token=server.token("zoe"))
    assert ([item["id"] for item in page["items"]], page["next_before"]) == (["held-1"], None)
    _, page = server.request("GET", "/api/history", token=server.token("yan"))
    assert [(item["id"], item["hosted"]) for item in page["items"]] == [("held-2", False)]
    assert server.request("GET", "/api/history?before=nonsense", token=server.token("zoe"))[0] == 422
    assert server.request("GET", "/api/history", token=server.token("zoe", meeting="held-1"))[0] == 403
    assert server.request("GET", "/api/history")[0] == 401

"""Who may report which events over HTTP, and what they are told."""

from __future__ import annotations

import urllib.request
import uuid
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.integration.conftest import Enter
from tests.support.server import RunningServer

PATH = "/api/meetings/events"


def report(meeting: str, participant: str, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "type": "client.network_changed",
        "meeting_id": meeting,
        "participant_id": participant,
        "timestamp": "2026-11-20T22:00:00Z",
        "payload": {"online": False},
    } | changes


def post(server: RunningServer, token: str | None, *events: Any) -> tuple[int, Any]:
    return server.request("POST", PATH, token=token, body={"events": list(events)})


async def stay_of(server: RunningServer, meeting: str, user: str) -> str:
    joined = server.events(meeting, type="participant.joined")
    return next(event["participant_id"] for event in joined if event["payload"]["user_id"] == user)


async def test_participants_report_what_only_their_client_knows(server: RunningServer, enter: Enter) -> None:
    await enter("ada", "reported")
    mine = report("reported", await stay_of(server, "reported", "ada"))
    token = server.token("ada", meeting="reported")
    assert post(server, token, mine) == (200, {"accepted": 1, "duplicates": 0, "rejected": []})
    assert post(server, token, mine) == (200, {"accepted": 0, "duplicates": 1, "rejected": []})
    (stored,) = server.events("reported", type="client.network_changed")
    assert (stored["event_id"], stored["payload"]["online"]) == (mine["event_id"], False)
    status, verdicts = post(server, token, mine | {"payload": {"online": True}}, 7)
    assert (status, [one["code"] for one in verdicts["rejected"]]) == (200, ["VALIDATION", "CONFLICT"])


async def test_nobody_forges_facts_of_the_server_or_of_others(server: RunningServer, enter: Enter) -> None:
    await enter("ada", "honest")
    await enter("bob", "honest", role="participant")
    ada = await stay_of(server, "honest", "ada")
    bob = await stay_of(server, "honest", "bob")
    forged = [
        report("honest", ada),
        report("honest", bob, type="audio.muted", payload={}),
        report("nowhere", bob),
        report("honest", "made-up"),
    ]
    status, verdicts = post(server, server.token("bob"), *forged, report("honest", bob))
    assert (status, verdicts["accepted"]) == (200, 1)
    assert [(one["event_id"], one["code"]) for one in verdicts["rejected"]] == [
        (event["event_id"], "ACCESS_DENIED") for event in forged
    ]
    elsewhere = server.token("bob", meeting="other")
    assert post(server, elsewhere, report("honest", bob))[1]["rejected"][0]["code"] == "ACCESS_DENIED"
    assert post(server, None, report("honest", bob))[0] == 401


def test_a_recorder_tells_what_it_keeps_of_its_own_meeting_and_nothing_else(server: RunningServer) -> None:
    recorder = server.token("tape", meeting="kept", grants={"recorder": True})
    started = report("kept", "p1", type="recording.started", payload={"recording_id": "r"})
    said = {"transcription_id": "t", "chunk": 1, "text": "good morning"}
    chunk = report("kept", "p1", type="transcript.chunk", payload=said)
    made = report("kept", "p1", type="meeting.created", payload={"title": "Kept", "creator_id": "ann"})
    post(server, server.operator_token(), made)
    assert post(server, recorder, started, chunk)[1] == {"accepted": 2, "duplicates": 0, "rejected": []}
    assert [event["type"] for event in server.events("kept")[1:]] == ["recording.started", "transcript.chunk"]
    assert "good morning" not in str(server.events("kept"))
    elsewhere = report("not-kept", "p1", type="recording.started", payload={"recording_id": "r"})
    muted = report("kept", "p1", type="audio.muted", payload={})
    ada, anywhere = server.token("ada", meeting="kept"), server.token("ada", grants={"recorder": True})
    for token, event in ((recorder, elsewhere), (recorder, muted), (ada, started), (anywhere, started)):
        (rejected,) = post(server, token, event)[1]["rejected"]
        assert (rejected["event_id"], rejected["code"]) == (event["event_id"], "ACCESS_DENIED")


def test_operators_carry_over_whole_meetings_in_any_order(server: RunningServer) -> None:
    muted = report("carried-over", "p1", type="audio.muted", payload={})
    made = report("carried-over", "p1", type="meeting.created", payload={"title": "Old", "creator_id": "ann"})
    for brought in (muted, made):
        verdicts = post(server, server.operator_token(), brought)[1]
        assert verdicts == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert [event["event_id"] for event in server.events("carried-over")] == [muted["event_id"], made["event_id"]]


def test_a_report_is_bounded_in_count_and_size(server: RunningServer) -> None:
    token = server.operator_token()
    assert post(server, token)[0] == 422
    assert post(server, token, *[7] * 101)[0] == 422
    assert post(server, token, *[7] * 100)[0] == 200
    assert post(server, token, "x" * 65536)[0] == 422


def test_what_became_of_reports_is_counted(server: RunningServer) -> None:
    def figures() -> dict[str, float]:
        with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as answer:
            families = text_string_to_metric_families(answer.read().decode())
            return {f"{s.name}{dict(s.labels) or ''}": s.value for family in families for s in family.samples}

    before = figures()
    mine = report("counted", "p1", type="meeting.created", payload={"title": "Counted", "creator_id": "ann"})
    post(server, server.operator_token(), mine, mine, 7)
    server.events("counted")
    after = figures()
    grown = {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name)}
    assert grown["folkmoot_ingest_accepted_total"] == grown["folkmoot_ingest_duplicate_total"] == 1
    assert grown["folkmoot_ingest_rejected_total{'code': 'VALIDATION'}"] == 1
    assert grown["folkmoot_ingest_seconds_count"] == grown["folkmoot_ingest_seconds_bucket{'le': '+Inf'}"] == 1
    assert grown["folkmoot_emit_seconds_count"] >= 1
    assert grown["folkmoot_writer_batch_seconds_count"] >= 1
    assert after["folkmoot_writer_behind"] == 0


def test_operators_see_what_could_not_be_stored_and_others_do_not(server: RunningServer) -> None:
    path = "/api/failed-events"
    assert server.request("GET", path, token=server.operator_token()) == (200, {"items": [], "count": 0})
    retried = server.request("POST", f"{path}/retry", token=server.operator_token(), body={})
    assert retried == (200, {"stored": 0, "left": 0})
    for method, where in (("GET", path), ("POST", f"{path}/retry")):
        assert server.request(method, where, token=server.token("ada"))[0] == 403
        assert server.request(method, where)[0] == 401

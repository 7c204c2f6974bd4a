"""An alert fires once for as long as something lasts, and says when it is over."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from persistence.events import SERVER_LOG, Event
from persistence.repositories.alerts import Alert
from server.alerts import evaluator as module
from server.alerts.evaluator import Evaluator
from server.alerts.rule import Condition, Rule, Seen

DAWN = datetime(2026, 1, 1, tzinfo=UTC)
NUMBERS = itertools.count(1)


def at(seconds: float) -> datetime:
    return DAWN + timedelta(seconds=seconds)


def seen(type_: str, seconds: float = 0, *, meeting: str = "m", person: str | None = None, **payload: Any) -> Seen:
    return Seen(str(UUID(int=next(NUMBERS))), type_, meeting, person, at(seconds), payload)


CRASH = Rule.model_validate(
    {"name": "Worker died", "when": {"event_types": ["worker.died"]}, "until": {"event_types": ["room.recovered"]}}
)
POOR = Rule.model_validate(
    {
        "name": "Poor quality",
        "when": {
            "event_types": ["connection.stats"],
            "conditions": [{"field": "quality", "op": "lt", "value": 2.5}],
        },
        "until": {
            "event_types": ["connection.stats"],
            "conditions": [{"field": "quality", "op": "ge", "value": 2.5}],
        },
        "count": 3,
        "within_s": 60,
        "per": "participant",
        "quiet_s": 120,
    }
)


def types(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def told(events: list[Event]) -> dict[str, Any]:
    (event,) = events
    return event.payload.model_dump()


def test_it_fires_once_however_often_the_thing_happens_and_recovers() -> None:
    rules = Evaluator({"r": CRASH})
    assert types(rules.take(seen("worker.died", 1))) == ["alert.fired"]
    assert rules.take(seen("worker.died", 2)) == []
    recovered = rules.take(seen("room.recovered", 5))
    assert types(recovered) == ["alert.recovered"]
    assert (told(recovered)["why"], told(recovered)["lasted_s"]) == ("event", 4)
    assert rules.take(seen("room.recovered", 6)) == []
    assert types(rules.take(seen("worker.died", 7))) == ["alert.fired"]


def test_each_meeting_has_its_own() -> None:
    rules = Evaluator({"r": CRASH})
    fired = rules.take(seen("worker.died", meeting="a")) + rules.take(seen("worker.died", meeting="b"))
    assert [event.meeting_id for event in fired] == ["a", "b"]
    assert [event.meeting_id for event in rules.take(seen("room.recovered", meeting="b"))] == ["b"]


def test_so_many_have_to_come_in_so_much_time() -> None:
    rules = Evaluator({"r": POOR})
    bad = [rules.take(seen("connection.stats", second, person="p", quality=1.5)) for second in (0, 50, 100, 101, 102)]
    assert list(map(types, bad)) == [[], [], [], ["alert.fired"], []]
    assert told(bad[3])["about"] == "p"
    assert rules.take(seen("connection.stats", 103, person="q", quality=4.0)) == []
    assert types(rules.take(seen("connection.stats", 103, person="p", quality=4.0))) == ["alert.recovered"]


def test_nothing_of_the_kind_for_long_enough_is_a_recovery_too() -> None:
    rules = Evaluator({"r": POOR})
    for second in (0, 1, 2):
        rules.take(seen("connection.stats", second, person="p", quality=1.5))
    rules.take(seen("connection.stats", 60, person="p", quality=1.5))
    assert rules.tick(at(179)) == []
    (recovered,) = rules.tick(at(1000))
    assert recovered.timestamp == at(180)
    assert told([recovered])["why"] == "quiet"
    assert rules.open == 0


def test_what_is_about_the_server_is_in_the_servers_own_log() -> None:
    rule = CRASH.model_copy(update={"per": "server"})
    rules = Evaluator({"r": rule})
    (fired,) = rules.take(seen("worker.died", meeting="a"))
    assert fired.meeting_id == SERVER_LOG
    assert rules.take(seen("worker.died", meeting="b")) == []


def test_the_same_events_give_the_same_alerts_with_the_same_ids() -> None:
    """So looking at some again after a crash adds nothing to the log."""
    story = [seen("worker.died", 1), seen("worker.died", 2), seen("room.recovered", 3), seen("worker.died", 4)]
    first, second = Evaluator({"r": CRASH}), Evaluator({"r": CRASH})
    assert [first.take(event) for event in story] == [second.take(event) for event in story]


def stored(events: list[Event]) -> Alert:
    payload = told(events)
    return Alert(
        id=payload["alert_id"],
        rule_id=payload["rule_id"],
        name=payload["name"],
        meeting_id=events[0].meeting_id,
        about=payload["about"],
        cause_id=payload["cause_id"],
        cause_type=payload["cause_type"],
        fired_at=events[0].timestamp,
        recovered_at=None,
        why=None,
    )


def test_a_restart_goes_on_with_the_alerts_that_last() -> None:
    before = Evaluator({"r": CRASH})
    alert = stored(before.take(seen("worker.died", 1)))
    after = Evaluator({"r": CRASH})
    assert after.resume(alert, at(2)) == []
    assert after.take(seen("worker.died", 3)) == []
    assert told(after.take(seen("room.recovered", 4)))["alert_id"] == alert.id


def test_an_alert_ends_with_its_rule() -> None:
    alert = stored(Evaluator({"r": CRASH}).take(seen("worker.died", 1)))
    assert told(Evaluator({}).resume(alert, at(9)))["why"] == "rule"


def test_it_counts_for_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WINDOWS", 3)
    monkeypatch.setattr(module, "MAX_OPEN", 2)
    rules = Evaluator({"r": CRASH})
    fired = [rules.take(seen("worker.died", meeting=f"m{number}")) for number in range(10)]
    assert sum(map(len, fired)) == rules.open == 2
    assert len(rules._windows) == 3


@pytest.mark.parametrize(
    ("op", "value", "given", "met"),
    [
        *(("lt", 2.5, 2, True), ("lt", 2.5, 2.5, False), ("le", 2.5, 2.5, True), ("gt", 1, 2.0, True)),
        *(("ge", 3, 2, False), ("eq", "hung", "hung", True), ("ne", "hung", "exited", True), ("eq", True, True, True)),
        *(("eq", 1, True, False), ("lt", 2.5, "1", False), ("lt", "b", "a", False), ("ne", 1, None, False)),
    ],
)
def test_a_condition_compares_only_what_can_be_compared(op: str, value: Any, given: Any, met: bool) -> None:
    condition = Condition.model_validate({"field": "x", "op": op, "value": value})
    assert condition.met_by({"x": given}) is met
    assert not condition.met_by({})


@pytest.mark.parametrize(
    "change",
    [
        {"until": None},
        {"name": ""},
        {"name": "a\x00"},
        {"count": 0},
        {"count": 101},
        {"within_s": 0},
        {"per": "galaxy"},
        {"when": {"event_types": []}},
        {"when": {"event_types": ["no.such"]}},
        {"when": {"event_types": ["*"]}},
        {"when": {"event_types": ["alert.fired"]}},
        {"when": {"event_types": ["worker.died"], "conditions": [{"field": "x.y", "op": "lt", "value": 1}]}},
        {"when": {"event_types": ["worker.died"], "conditions": [{"field": "x", "op": "like", "value": 1}]}},
        {"endpoint_ids": ["x"] * 17},
        {"unknown": 1},
    ],
)
def test_a_rule_that_means_nothing_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate(CRASH.model_dump() | change)

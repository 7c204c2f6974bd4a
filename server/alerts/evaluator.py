"""Which alerts begin and end with an event, or with time. Pure: time is what events and callers say it is."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid5

from persistence.events import SERVER_LOG, AlertFired, AlertRecovered, Event
from persistence.repositories.alerts import Alert
from server.alerts.rule import Rule, Seen

MAX_WINDOWS: Final = 10_000
"""Meetings or participants whose events are counted. Beyond, the one that was heard of longest ago is forgotten."""

MAX_OPEN: Final = 1_000
"""Alerts that last at a time. Beyond, nothing further fires until some are over."""

_ALERTS: Final = UUID("0b0f9c7a-54b1-4e0b-9a3c-3d1c3f8a6d10")  # namespace of alerts' ids

Key = tuple[str, tuple[str, str]]
Why = Literal["event", "quiet", "rule"]


@dataclass(slots=True)
class Open:
    alert_id: str
    meeting_id: str
    fired_at: datetime
    last_at: datetime


class Evaluator:
    """The same events give the same alerts with the same ids, so looking at some again after a crash adds nothing."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._windows: OrderedDict[Key, deque[datetime]] = OrderedDict()
        self._open: dict[Key, Open] = {}

    @property
    def open(self) -> int:
        return len(self._open)

    def resume(self, alert: Alert, now: datetime) -> list[Event]:
        """It fired before and has not recovered. Without its rule nothing could end it, so it ends."""
        rule = self._rules.get(alert.rule_id)
        opened = Open(alert.id, alert.meeting_id, alert.fired_at, alert.fired_at)
        if rule is None:
            return [_recovery(opened, alert.rule_id, None, "rule", now, name=alert.name)]
        key = ("", "") if rule.per == "server" else (alert.meeting_id, alert.about or "")
        self._open[alert.rule_id, key] = opened
        return []

    def take(self, event: Seen) -> list[Event]:
        """The alert events that follow from this one."""
        made: list[Event] = []
        for rule_id, rule in self._rules.items():
            about = rule.key(event)
            if about is None:
                continue
            key = (rule_id, about)
            if key in self._open and rule.until is not None and rule.until.met_by(event):
                made.append(self._recover(key, rule, "event", event.timestamp))
            elif rule.when.met_by(event):
                made += self._count(key, rule, event)
        return made

    def tick(self, now: datetime) -> list[Event]:
        """The recoveries that follow from nothing having come for long enough."""
        made = []
        for key, opened in list(self._open.items()):
            rule = self._rules[key[0]]
            if rule.quiet_s is None:
                continue
            over = opened.last_at + timedelta(seconds=rule.quiet_s)
            if now >= over:
                made.append(self._recover(key, rule, "quiet", over))
        return made

    def _count(self, key: Key, rule: Rule, event: Seen) -> Iterable[Event]:
        window = self._windows.setdefault(key, deque(maxlen=rule.count))
        self._windows.move_to_end(key)
        if len(self._windows) > MAX_WINDOWS:
            self._windows.popitem(last=False)
        window.append(event.timestamp)
        opened = self._open.get(key)
        if opened is not None:
            opened.last_at = max(opened.last_at, event.timestamp)
            return ()
        recent = [at for at in window if event.timestamp - at <= timedelta(seconds=rule.within_s)]
        if len(recent) < rule.count or len(self._open) >= MAX_OPEN:
            return ()
        return (self._fire(key, rule, event),)

    def _fire(self, key: Key, rule: Rule, event: Seen) -> Event:
        rule_id, about = key
        alert_id = str(uuid5(_ALERTS, f"{rule_id}/{'/'.join(about)}/{event.event_id}"))
        meeting_id = SERVER_LOG if rule.per == "server" else event.meeting_id
        self._open[key] = Open(alert_id, meeting_id, event.timestamp, event.timestamp)
        payload = AlertFired(
            alert_id=alert_id,
            rule_id=rule_id,
            name=rule.name,
            endpoint_ids=rule.endpoint_ids,
            cause_id=event.event_id,
            cause_type=event.type,
            about=about[1] or None,
            count=rule.count,
        )
        return Event.of(
            payload,
            event_id=str(uuid5(_ALERTS, f"{alert_id}/fired")),
            meeting_id=meeting_id,
            participant_id=None,
            timestamp=event.timestamp,
        )

    def _recover(self, key: Key, rule: Rule, why: Why, at: datetime) -> Event:
        self._windows.pop(key, None)
        return _recovery(self._open.pop(key), key[0], rule, why, at, name=rule.name)


def _recovery(opened: Open, rule_id: str, rule: Rule | None, why: Why, at: datetime, *, name: str) -> Event:
    payload = AlertRecovered(
        alert_id=opened.alert_id,
        rule_id=rule_id,
        name=name,
        endpoint_ids=rule.endpoint_ids if rule is not None else [],
        why=why,
        lasted_s=max(0.0, (at - opened.fired_at).total_seconds()),
    )
    return Event.of(
        payload,
        event_id=str(uuid5(_ALERTS, f"{opened.alert_id}/recovered")),
        meeting_id=opened.meeting_id,
        participant_id=None,
        timestamp=at,
    )

"""Facts about alerts: when a rule that operators made found what it looks for, and when that was over."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .payload import Identifier, Payload, Reason

Name = Annotated[Identifier, Field(max_length=100)]
Endpoints = Annotated[list[Identifier], Field(max_length=16)]


class AlertFired(Payload):
    """In the log of the meeting it is about, else in the server's own. It reaches `endpoint_ids` whatever they ask for.

    `cause_id` and `cause_type` are of the event that made it fire, `about` the participant where it is about one.
    """

    type = "alert.fired"
    personal = False

    alert_id: Identifier
    rule_id: Identifier
    name: Name
    endpoint_ids: Endpoints
    cause_id: Identifier
    cause_type: Reason
    about: Identifier | None = None
    count: Annotated[int, Field(ge=1)]


class AlertRecovered(Payload):
    """By an event that says so, because nothing of the kind came for long enough, or because its rule is gone."""

    type = "alert.recovered"
    personal = False

    alert_id: Identifier
    rule_id: Identifier
    name: Name
    endpoint_ids: Endpoints
    why: Literal["event", "quiet", "rule"]
    lasted_s: Annotated[float, Field(ge=0)]


class AlertRuleChanged(Payload):
    """`by`: the user id of the operator who made, changed or deleted it."""

    type = "alert_rule.changed"
    personal = False

    rule_id: Identifier
    what: Literal["created", "changed", "deleted"]
    by: Identifier


class RecordBehind(Payload):
    """This node's record stands still or is too far behind what happens. `problem` says which, in words."""

    type = "record.behind"
    personal = False

    node: Identifier
    problem: Annotated[Identifier, Field(max_length=255)]


class RecordCaughtUp(Payload):
    type = "record.caught_up"
    personal = False

    node: Identifier
    lasted_s: Annotated[float, Field(ge=0)]

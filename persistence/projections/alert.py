"""Alerts into `alerts`, fired and recovered in whatever order."""

from __future__ import annotations

from typing import Any

from persistence.dialect import insert_into
from persistence.events import AlertFired, AlertRecovered, Event
from persistence.tables import AlertRow

from .registry import Projection, rows_of
from .scope import Scope

ALERTS = Projection("alerts", rows_of(AlertRow))


@ALERTS.of(AlertFired)
async def alert_fired(scope: Scope, event: Event, payload: AlertFired) -> None:
    told = payload.model_dump(include={"about", "cause_id", "cause_type"})
    await _keep(scope, event, payload, {**told, "fired_at": event.timestamp})


@ALERTS.of(AlertRecovered)
async def alert_recovered(scope: Scope, event: Event, payload: AlertRecovered) -> None:
    await _keep(scope, event, payload, {"recovered_at": event.timestamp, "why": payload.why})


async def _keep(scope: Scope, event: Event, payload: AlertFired | AlertRecovered, values: dict[str, Any]) -> None:
    kept = insert_into(scope.connection, AlertRow).values(
        id=payload.alert_id, rule_id=payload.rule_id, name=payload.name, meeting_id=event.meeting_id, **values
    )
    await scope.connection.execute(
        kept.on_conflict_do_update(index_elements=[AlertRow.id], set_={name: kept.excluded[name] for name in values})
    )

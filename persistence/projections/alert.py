"""Alerts into `alerts`, fired and recovered in whatever order."""

from __future__ import annotations

from sqlalchemy import case

from persistence.dialect import insert_into
from persistence.events import AlertFired, AlertRecovered, Event
from persistence.tables import AlertRow

from .order import earlier
from .registry import Projection
from .scope import Scope

ALERTS = Projection("alerts", AlertRow)


@ALERTS.of(AlertFired)
async def alert_fired(scope: Scope, event: Event, payload: AlertFired) -> None:
    """Should one fire twice, the first time counts. It is called what it was called then."""
    values = {
        **payload.model_dump(include={"name", "about", "cause_id", "cause_type"}),
        "fired_at": event.timestamp,
        "fired_event_id": event.event_id,
    }
    fired = insert_into(scope.connection, AlertRow).values(
        id=payload.alert_id, rule_id=payload.rule_id, meeting_id=event.meeting_id, **values
    )
    await scope.connection.execute(
        fired.on_conflict_do_update(
            index_elements=[AlertRow.id],
            set_={name: fired.excluded[name] for name in values},
            where=earlier(AlertRow.fired_at, AlertRow.fired_event_id, fired),
        )
    )


@ALERTS.of(AlertRecovered)
async def alert_recovered(scope: Scope, event: Event, payload: AlertRecovered) -> None:
    """Its first end counts."""
    values = {"recovered_at": event.timestamp, "recovered_event_id": event.event_id, "why": payload.why}
    recovered = insert_into(scope.connection, AlertRow).values(
        id=payload.alert_id, rule_id=payload.rule_id, name=payload.name, meeting_id=event.meeting_id, **values
    )
    name = case((AlertRow.fired_at.is_(None), recovered.excluded.name), else_=AlertRow.name)
    await scope.connection.execute(
        recovered.on_conflict_do_update(
            index_elements=[AlertRow.id],
            set_={**{name: recovered.excluded[name] for name in values}, "name": name},
            where=earlier(AlertRow.recovered_at, AlertRow.recovered_event_id, recovered),
        )
    )

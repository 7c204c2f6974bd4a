"""How far the delivery of each endpoint is, as whoever delivers keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from persistence.database import translated, writing
from persistence.dialect import insert_into
from persistence.tables import WebhookDeliveryRow, WebhookEndpointRow

from .webhooks import Delivery, Endpoint

DELIVERIES_KEPT: Final = 1_000
"""Of one endpoint. Older tries are forgotten."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an endpoint stands after some tries. `failures` are those in a row."""

    cursor: int
    failures: int = 0
    failing_since: datetime | None = None
    retry_at: datetime | None = None
    last_error: str | None = None
    last_delivered_at: datetime | None = None


class WebhookProgress:
    """Cursor and tries move in one transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def keep(
        self,
        endpoint: Endpoint,
        standing: Standing,
        tries: Sequence[Delivery],
        *,
        kept_cursor: int,
        disabled: str | None = None,
    ) -> bool:
        """False, and nothing kept, when the endpoint is another one by now: what was decided about it goes before.

        So it is when its cursor is no longer at `kept_cursor`: another node delivers. `disabled`: why it is given up.
        Raises `UnavailableError` without a database.
        """
        values: dict[str, Any] = {
            "cursor": standing.cursor,
            "failures": standing.failures,
            "failing_since": standing.failing_since,
            "retry_at": standing.retry_at,
            "last_error": standing.last_error,
            "last_delivered_at": standing.last_delivered_at,
        }
        if disabled is not None:
            values |= {"enabled": False, "disabled_reason": disabled, "revision": endpoint.revision + 1}
        async with translated(), writing(self._engine).begin() as connection:
            kept = await connection.execute(
                update(WebhookEndpointRow)
                .where(
                    WebhookEndpointRow.id == endpoint.id,
                    WebhookEndpointRow.revision == endpoint.revision,
                    WebhookEndpointRow.cursor == kept_cursor,
                )
                .values(**values)
            )
            if kept.rowcount != 1:
                return False
            await _add(connection, endpoint.id, tries)
        return True


async def _add(connection: AsyncConnection, endpoint_id: str, tries: Sequence[Delivery]) -> None:
    if not tries:
        return
    rows = [{"endpoint_id": endpoint_id, **one.model_dump()} for one in tries]
    # Whoever was cancelled while it was kept keeps it again.
    await connection.execute(insert_into(connection, WebhookDeliveryRow).on_conflict_do_nothing(), rows)
    of_this = WebhookDeliveryRow.endpoint_id == endpoint_id
    newest = select(WebhookDeliveryRow.id).where(of_this).order_by(WebhookDeliveryRow.id.desc())
    last_kept = await connection.scalar(newest.offset(DELIVERIES_KEPT - 1).limit(1))
    if last_kept is not None:
        await connection.execute(delete(WebhookDeliveryRow).where(of_this, WebhookDeliveryRow.id < last_kept))

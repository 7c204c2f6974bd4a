"""Webhook endpoints as operators manage them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.change import Changes
from persistence.database import translated
from persistence.errors import CapacityError
from persistence.events import SERVER_LOG, Payload
from persistence.tables import WebhookDeliveryRow, WebhookEndpointRow

OLD_SECRET_SIGNS_FOR: Final = timedelta(hours=24)


class Endpoint(BaseModel):
    """A stored endpoint. Its secrets never leave the server, except to who made or rotated them."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    url: str
    description: str
    event_types: list[str]
    meeting_id: str | None
    enabled: bool
    disabled_reason: str | None
    secret: str
    previous_secret: str | None
    previous_until: datetime | None
    cursor: int
    failures: int
    failing_since: datetime | None
    retry_at: datetime | None
    last_error: str | None
    last_delivered_at: datetime | None
    created_at: datetime
    updated_at: datetime
    revision: int


class NewEndpoint(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    url: str
    description: str
    event_types: list[str]
    meeting_id: str | None
    secret: str
    cursor: int


class Delivery(BaseModel):
    """One try. `position` is the event's in the log, `attempt` counts from 1."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    event_id: str
    type: str
    position: int
    attempt: int
    at: datetime
    duration_ms: int
    outcome: str
    status: int | None


_COLUMNS: Final = [getattr(WebhookEndpointRow, name) for name in Endpoint.model_fields]
_AS_NEW: Final = {
    "disabled_reason": None,
    "failures": 0,
    "failing_since": None,
    "retry_at": None,
    "last_error": None,
}
"""An endpoint that somebody put right is tried at once."""


class Webhooks:
    """What changes something takes the fact that tells of it. All raise `UnavailableError` without a database."""

    def __init__(self, engine: AsyncEngine, changes: Changes, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._changes = changes
        self._clock = clock

    async def create(self, new: NewEndpoint, *, fact: Payload, most: int) -> Endpoint:
        """Raises `CapacityError` when there are `most` already."""
        now = self._clock()
        async with self._changes.begin() as change:
            if (await change.connection.scalar(select(func.count()).select_from(WebhookEndpointRow)) or 0) >= most:
                raise CapacityError(f"there are {most} webhook endpoints already")
            made = await change.connection.execute(
                insert(WebhookEndpointRow)
                .values(**new.model_dump(), created_at=now, updated_at=now)
                .returning(*_COLUMNS)
            )
            endpoint = Endpoint.model_validate(made.one())
            await change.tell(SERVER_LOG, fact)
        return endpoint

    async def all(self) -> list[Endpoint]:
        """In the order they were made."""
        async with translated(), self._engine.connect() as connection:
            rows = await connection.execute(
                select(*_COLUMNS).order_by(WebhookEndpointRow.created_at, WebhookEndpointRow.id)
            )
            return [Endpoint.model_validate(row) for row in rows]

    async def get(self, endpoint_id: str) -> Endpoint | None:
        async with translated(), self._engine.connect() as connection:
            row = (await connection.execute(select(*_COLUMNS).where(WebhookEndpointRow.id == endpoint_id))).first()
        return Endpoint.model_validate(row) if row else None

    async def change(
        self, endpoint_id: str, changes: Mapping[str, Any], *, fact: Payload, revision: int | None = None
    ) -> Endpoint | None:
        """Change these columns; None when there is no such endpoint, or another one by now than at `revision`.

        Whatever was wrong with it is forgotten: it is tried at once.
        """
        condition = [WebhookEndpointRow.id == endpoint_id]
        if revision is not None:
            condition.append(WebhookEndpointRow.revision == revision)
        async with self._changes.begin() as change:
            changed = await change.connection.execute(
                update(WebhookEndpointRow)
                .where(*condition)
                .values(
                    **{**_AS_NEW, **changes},
                    revision=WebhookEndpointRow.revision + 1,
                    updated_at=self._clock(),
                )
                .returning(*_COLUMNS)
            )
            row = changed.first()
            if row is not None:
                await change.tell(SERVER_LOG, fact)
        return Endpoint.model_validate(row) if row else None

    async def rotate(self, endpoint_id: str, secret: str, *, fact: Payload) -> Endpoint | None:
        """The old secret signs as well for `OLD_SECRET_SIGNS_FOR`, so that the receiver can change in its own time."""
        found = await self.get(endpoint_id)
        if found is None:
            return None
        changes = {
            "secret": secret,
            "previous_secret": found.secret,
            "previous_until": self._clock() + OLD_SECRET_SIGNS_FOR,
        }
        return await self.change(endpoint_id, changes, fact=fact)

    async def delete(self, endpoint_id: str, *, fact: Payload, revision: int) -> bool:
        async with self._changes.begin() as change:
            gone = await change.connection.execute(
                delete(WebhookEndpointRow).where(
                    WebhookEndpointRow.id == endpoint_id, WebhookEndpointRow.revision == revision
                )
            )
            if gone.rowcount == 1:
                await change.tell(SERVER_LOG, fact)
        return gone.rowcount == 1

    async def deliveries(self, endpoint_id: str, *, before: str | None, limit: int) -> Sequence[Delivery]:
        """The last tries before the one named, the newest first."""
        columns = [getattr(WebhookDeliveryRow, name) for name in Delivery.model_fields]
        question = select(*columns).where(WebhookDeliveryRow.endpoint_id == endpoint_id)
        if before is not None:
            question = question.where(WebhookDeliveryRow.id < before)
        async with translated(), self._engine.connect() as connection:
            rows = await connection.execute(question.order_by(WebhookDeliveryRow.id.desc()).limit(limit))
            return [Delivery.model_validate(row) for row in rows]

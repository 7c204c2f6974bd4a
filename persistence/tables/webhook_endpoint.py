"""`webhook_endpoints`: who outside is told what, and how far they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, Text, text, true
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class WebhookEndpointRow(Base):
    """`cursor` is the position in the log up to which everything was taken; what is beyond waits in the log.

    `revision` counts what people and the server decided about it, not deliveries. `previous_secret` signs as well
    until `previous_until`. `failures` are those in a row since `failing_since`; the next try is at `retry_at`.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    event_types: Mapped[list[Any]]
    meeting_id: Mapped[str | None] = mapped_column(String(64))
    enabled: Mapped[bool] = mapped_column(server_default=true())
    disabled_reason: Mapped[str | None] = mapped_column(String(32))
    secret: Mapped[str] = mapped_column(String(128))
    previous_secret: Mapped[str | None] = mapped_column(String(128))
    previous_until: Mapped[datetime | None]
    cursor: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    failing_since: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(64))
    last_delivered_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(server_default=text("1"))

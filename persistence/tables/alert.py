"""`alert_rules` and `alerts`: what operators want to be told of, and what they were."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text, true
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class AlertRuleRow(Base):
    """`rule` is the whole of it as JSON; the server knows its shape."""

    __tablename__ = "alert_rules"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    enabled: Mapped[bool] = mapped_column(server_default=true())
    rule: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(server_default=text("1"))


class AlertRow(Base):
    """One time that a rule fired, from `alert.fired` to `alert.recovered`; either may be delivered first."""

    __tablename__ = "alerts"
    __table_args__ = (Index(None, "recovered_at"), Index(None, "fired_at"), Index(None, "meeting_id"))

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    rule_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(100))
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    about: Mapped[str | None] = mapped_column(String(64))
    cause_id: Mapped[str | None] = mapped_column(String(64))
    cause_type: Mapped[str | None] = mapped_column(String(64))
    fired_at: Mapped[datetime | None]
    fired_event_id: Mapped[str | None] = mapped_column(String(36))
    recovered_at: Mapped[datetime | None]
    recovered_event_id: Mapped[str | None] = mapped_column(String(36))
    why: Mapped[str | None] = mapped_column(String(16))

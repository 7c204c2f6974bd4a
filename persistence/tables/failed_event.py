"""`failed_events`: what could not be applied, whole, with the reason (EVT-4)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class FailedEventRow(Base):
    """An event set aside so that the others could go on. `id` is its place in the journal, so it is set aside once.

    No foreign key and no JSON type: what is kept here may be of no meeting and may not even parse.
    """

    __tablename__ = "failed_events"
    __table_args__ = (Index(None, "event_id"), Index(None, "meeting_id"), Index(None, "failed_at"))

    id: Mapped[str] = mapped_column(String(96), primary_key=True)
    event_id: Mapped[str | None] = mapped_column(String(64))
    meeting_id: Mapped[str | None] = mapped_column(String(64))
    type: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    error: Mapped[str] = mapped_column(Text)
    failed_at: Mapped[datetime]

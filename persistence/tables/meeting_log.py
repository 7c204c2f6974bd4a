"""`meeting_logs`: every event as it came, in order (EVT-7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class MeetingLogRow(Base):
    """An event. `event_id` makes delivery idempotent; `sequence` is dense and increasing within a meeting.

    `position` is its place in the log of all meetings: increasing, in the order of commits. `timestamp` is when it
    happened, `recorded_at` when its row was written.
    """

    __tablename__ = "meeting_logs"
    __table_args__ = (
        UniqueConstraint("meeting_id", "sequence"),
        Index(None, "meeting_id", "type", "sequence"),
        Index(None, "meeting_id", "participant_id", "sequence"),
        Index(None, "meeting_id", "timestamp", "sequence"),
    )

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    sequence: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int] = mapped_column(BigInteger, unique=True)
    type: Mapped[str] = mapped_column(String(64))
    participant_id: Mapped[str | None] = mapped_column(String(64))
    timestamp: Mapped[datetime]
    payload: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]

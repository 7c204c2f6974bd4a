"""`meeting_lifecycles`: every time that a meeting was made, began or ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class MeetingLifecycleRow(Base):
    """`type` is that of the event, and `title` and `creator_id` are what it said of the meeting.

    What the meeting is follows from these rows, also when the events themselves were archived.
    """

    __tablename__ = "meeting_lifecycles"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads it as it is

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    type: Mapped[str] = mapped_column(String(64))
    title: Mapped[str | None] = mapped_column(String(255))
    creator_id: Mapped[str | None] = mapped_column(String(255))

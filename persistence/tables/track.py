"""`tracks`: what people sent, from its beginning to its end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class TrackRow(Base):
    """One producer. Either end may be missing: `removed_at` while it lasts, `added_at` while only its end is known."""

    __tablename__ = "tracks"
    __table_args__ = (Index(None, "meeting_id", "participant_id"),)

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True)
    producer_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    participant_id: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(16))
    added_at: Mapped[datetime | None]
    added_event_id: Mapped[str | None] = mapped_column(String(36))
    removed_at: Mapped[datetime | None]
    removed_event_id: Mapped[str | None] = mapped_column(String(36))
    removed_reason: Mapped[str | None] = mapped_column(String(64))

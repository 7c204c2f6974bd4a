"""`captures`: while a meeting was recorded or transcribed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class CaptureRow(Base):
    """One recording or transcription. Without `started_at` only its end was heard of, which says nothing yet."""

    __tablename__ = "captures"

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    capture_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    started_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]

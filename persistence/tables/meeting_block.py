"""`meeting_blocks`: whom hosts keep out of a meeting, also the next time it is held."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class MeetingBlockRow(Base):
    """What was last decided about a user id, and when: `blocked` is false once it was taken back."""

    __tablename__ = "meeting_blocks"

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    blocked: Mapped[bool]
    decided_at: Mapped[datetime]
    decided_event_id: Mapped[str | None] = mapped_column(String(36))

"""`participant_sessions`: the join and leave history, one row for each stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class ParticipantSessionRow(Base):
    """One stay in a meeting, named by the `participant_id` it was given in the room.

    Either end may be missing: `left_at` while the stay lasts, `joined_at` while only the departure has been delivered.
    `display_name`, `role` and `permissions` are the last that were given, at the times beside them; else name and role
    are those they came with. Beside each time is the id of its event, which decides between two of one time.
    """

    __tablename__ = "participant_sessions"
    __table_args__ = (Index(None, "meeting_id", "user_id"),)

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True)
    participant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(255))
    display_name: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    display_name_changed_at: Mapped[datetime | None]
    display_name_event_id: Mapped[str | None] = mapped_column(String(36))
    role: Mapped[str | None] = mapped_column(String(64))
    role_changed_at: Mapped[datetime | None]
    role_event_id: Mapped[str | None] = mapped_column(String(36))
    permissions: Mapped[dict[str, Any] | None]
    permissions_changed_at: Mapped[datetime | None]
    permissions_event_id: Mapped[str | None] = mapped_column(String(36))
    joined_at: Mapped[datetime | None]
    joined_event_id: Mapped[str | None] = mapped_column(String(36))
    left_at: Mapped[datetime | None]
    left_event_id: Mapped[str | None] = mapped_column(String(36))
    left_reason: Mapped[str | None] = mapped_column(String(64))

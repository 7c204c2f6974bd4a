"""`participant_states`: what of a participant was switched on and off, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class ParticipantStateRow(Base):
    """From `at` on, `state` (audio, video, screen, hand, speaking, away) is on or off, until the next row of it.

    What was never switched on is off, and whoever left has none. The key is in the order of questions: the state at a
    moment is one step down the tree for each participant, however much happened before.
    """

    __tablename__ = "participant_states"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads it as it is

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), primary_key=True)
    participant_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    is_on: Mapped[bool]

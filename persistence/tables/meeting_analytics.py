"""`meeting_analytics`: a finished meeting in figures (MGT-11)."""

from __future__ import annotations

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class MeetingAnalyticsRow(Base):
    """There is one while the meeting is over. What each figure means is said in `persistence.engagement`."""

    __tablename__ = "meeting_analytics"

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True)
    held_s: Mapped[int]
    participants: Mapped[int]
    average_attendance_s: Mapped[int]
    peak_concurrency: Mapped[int]
    chat_messages: Mapped[int]
    screen_shares: Mapped[int]
    polls: Mapped[int]
    reactions: Mapped[int]
    technical_issues: Mapped[int]
    recording_s: Mapped[int] = mapped_column(server_default=text("0"))
    engagement: Mapped[int]

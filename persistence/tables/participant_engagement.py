"""`participant_engagement`: what each person did in a finished meeting (MGT-11)."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class ParticipantEngagementRow(Base):
    """One person. Durations in seconds; what each figure means is said in `persistence.engagement`."""

    __tablename__ = "participant_engagement"

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    attendance_s: Mapped[int]
    microphone_s: Mapped[int]
    camera_s: Mapped[int]
    share_s: Mapped[int]
    speaking_s: Mapped[int]
    chat_messages: Mapped[int]
    poll_votes: Mapped[int]
    reactions: Mapped[int]
    hands_raised: Mapped[int]
    score: Mapped[int]

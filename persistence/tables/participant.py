"""`participants`: one row for each person of a meeting, however often they come and go (MGT-3)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, enumeration


class ParticipationStatus(StrEnum):
    INVITED = "Invited"
    ACCEPTED = "Accepted"
    DECLINED = "Declined"
    TENTATIVE = "Tentative"
    ATTENDED = "Attended"
    NO_SHOW = "NoShow"


class ParticipantRow(Base):
    """A person in a meeting. Times and duration are derived from their stays in `participant_sessions`.

    `joined_at` is the first arrival; `left_at` the last departure, empty while they are in. `permissions` holds
    grants that differ from those of the role.
    """

    __tablename__ = "participants"
    __table_args__ = (
        UniqueConstraint("meeting_id", "user_id"),
        Index(None, "user_id"),
        Index(None, "status"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(String(255))
    display_name: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    role: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[ParticipationStatus] = mapped_column(
        enumeration(ParticipationStatus, name="participation_status"), server_default=ParticipationStatus.INVITED.value
    )
    permissions: Mapped[dict[str, Any] | None]
    invited_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    total_duration_s: Mapped[int] = mapped_column(server_default=text("0"))

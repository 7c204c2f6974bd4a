"""`polls` and `poll_responses`: what was asked in a meeting, and the answer of each person as it is now (SIG-11)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class PollRow(Base):
    """`opened_at` is empty while only its end has been delivered, `closed_at` while it is open."""

    __tablename__ = "polls"
    __table_args__ = (Index(None, "meeting_id", "opened_at"),)

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True)
    poll_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    type: Mapped[str] = mapped_column(String(16), server_default=text("''"))
    question: Mapped[str] = mapped_column(Text, server_default=text("''"))
    options: Mapped[list[Any]] = mapped_column(server_default="[]")
    most_choices: Mapped[int] = mapped_column(server_default=text("1"))
    steps: Mapped[int | None]
    anonymous: Mapped[bool] = mapped_column(server_default=false())
    live: Mapped[bool] = mapped_column(server_default=true())
    participant_id: Mapped[str | None] = mapped_column(String(64))
    user_id: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    display_name: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    opened_at: Mapped[datetime | None]
    opened_event_id: Mapped[str | None] = mapped_column(String(36))
    closed_at: Mapped[datetime | None]


class PollResponseRow(Base):
    """The latest answer under a ballot; `revision` is its place among all votes of the poll.

    Without `user_id` nobody is to know whose it is. A response may be delivered before its poll.
    """

    __tablename__ = "poll_responses"

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True)
    poll_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    ballot: Mapped[str] = mapped_column(String(255), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str | None] = mapped_column(String(255))
    display_name: Mapped[str | None] = mapped_column(String(255))
    choices: Mapped[list[Any]] = mapped_column(server_default="[]")
    rating: Mapped[int | None]
    text: Mapped[str | None] = mapped_column(Text)

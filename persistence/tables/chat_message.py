"""`chat_messages`: the chat of a meeting as it is now (SIG-10)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class ChatMessageRow(Base):
    """One message. `number` is its place in the chat, `revision` that of its last change among all of the chat's.

    `number` is empty while only a later change of it has been delivered. With `to_user_id` it is for its author and
    that person alone. A deleted message has no text any more.
    """

    __tablename__ = "chat_messages"
    __table_args__ = (Index(None, "meeting_id", "number"),)

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int | None] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(16), server_default=text("''"))
    participant_id: Mapped[str | None] = mapped_column(String(64))
    user_id: Mapped[str | None] = mapped_column(String(255))
    display_name: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    text: Mapped[str] = mapped_column(Text, server_default=text("''"))
    file: Mapped[dict[str, Any] | None]
    reply_to: Mapped[str | None] = mapped_column(String(64))
    to_participant_id: Mapped[str | None] = mapped_column(String(64))
    to_user_id: Mapped[str | None] = mapped_column(String(255))
    to_name: Mapped[str | None] = mapped_column(String(255))
    nonce: Mapped[str | None] = mapped_column(String(64))
    sent_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]
    deleted: Mapped[bool] = mapped_column(server_default=false())

"""`journal_position`: how far each journal has been applied."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class JournalPositionRow(Base):
    """Moves in the same transaction as the rows it vouches for. Every node has a journal, named once and for all."""

    __tablename__ = "journal_position"

    journal_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    applied_at: Mapped[datetime]

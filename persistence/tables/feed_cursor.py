"""`feed_cursors`: how far those are who follow the log and are no webhook endpoint."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class FeedCursorRow(Base):
    """`name` has seen everything up to `position`."""

    __tablename__ = "feed_cursors"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)

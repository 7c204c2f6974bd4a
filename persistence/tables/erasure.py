"""`erasures`: whose data was taken out, known only to who knows already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class ErasureRow(Base):
    """`user_hash` is the SHA-256 of the user id: by it events from before `erased_at` are known that come late.

    `done_at` is empty while the work is not finished.
    """

    __tablename__ = "erasures"

    user_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(64), unique=True)
    erased_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

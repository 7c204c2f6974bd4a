"""`refresh_tokens`: who is signed in where, without the tokens themselves (MGT-20)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class RefreshTokenRow(Base):
    """One family: a sign-in and all refresh tokens that followed from it, of which the last alone is good.

    `family` is public, the access tokens of the sign-in carry it; `token_hash` is the SHA-256 of the good token. A
    token that names the family and is not the good one was used before: somebody has a copy. Only the one before it,
    `previous_hash`, may be that of a browser which never got the answer.
    """

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    family: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(64), ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    rotated_at: Mapped[datetime]
    expires_at: Mapped[datetime]

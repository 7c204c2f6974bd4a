"""`revoked_tokens`: access tokens that are over before their time (MGT-20)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class RevokedTokenRow(Base):
    """`id` is the `jti` of one token or the `sid` of a sign-in; the row may go once no such token could be good."""

    __tablename__ = "revoked_tokens"
    __table_args__ = (Index(None, "revoked_at"), Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    revoked_at: Mapped[datetime]
    expires_at: Mapped[datetime]

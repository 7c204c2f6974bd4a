"""`archived_events`: the ids of events that have left the log, so that none is taken for a new one (EVT-3)."""

from __future__ import annotations

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class ArchivedEventRow(Base):
    """The sixteen bytes of an `event_id`, and nothing else: there is one for every event that was ever archived."""

    __tablename__ = "archived_events"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads it as it is

    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)

"""`archives`: the files that hold old events, with what proves that they are whole."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class ArchiveRow(Base):
    """Events `first_sequence` to `last_sequence` of a meeting. `file` is a path below the archive's directory.

    No foreign key: the events outlive a meeting that is deleted. `sha256` is of the file's bytes; `rewritten` counts
    how often somebody's data was taken out of it.
    """

    __tablename__ = "archives"
    __table_args__ = (Index(None, "meeting_id", "first_sequence"),)

    file: Mapped[str] = mapped_column(String(255), primary_key=True)
    meeting_id: Mapped[str] = mapped_column(String(64))
    first_sequence: Mapped[int] = mapped_column(BigInteger)
    last_sequence: Mapped[int] = mapped_column(BigInteger)
    events: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    oldest: Mapped[datetime]
    newest: Mapped[datetime]
    archived_at: Mapped[datetime]
    rewritten: Mapped[int] = mapped_column(server_default=text("0"))

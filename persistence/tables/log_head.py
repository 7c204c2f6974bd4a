"""`log_head`: how many events the log of all meetings has taken."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class LogHeadRow(Base):
    """One row. Whoever adds events holds its lock until they are committed, so `position`

    never counts one that is still to appear: readers who follow by position miss none.
    """

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger)

"""Work that one node does for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.database import translated, writing
from persistence.dialect import insert_into
from persistence.tables import LeaseRow


class Leases:
    """A lease ends by itself, so a node that died holds nothing for long. Nodes' clocks have to agree to a second or
    so; should two believe they hold one, what they do must be safe to do twice.
    """

    def __init__(self, engine: AsyncEngine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def hold(self, name: str, owner: str, *, for_s: float) -> bool:
        """Take it, or keep it longer. False while another has it. Raises `UnavailableError` without a database."""
        now = self._clock()
        async with translated(), writing(self._engine).begin() as connection:
            statement = insert_into(connection, LeaseRow).values(
                name=name, owner=owner, until=now + timedelta(seconds=for_s)
            )
            held = await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[LeaseRow.name],
                    set_={"owner": statement.excluded.owner, "until": statement.excluded.until},
                    where=or_(LeaseRow.owner == owner, LeaseRow.until <= now),
                ).returning(LeaseRow.owner)
            )
            return held.first() is not None

    async def release(self, name: str, owner: str) -> None:
        """Another may take it at once."""
        async with translated(), writing(self._engine).begin() as connection:
            await connection.execute(delete(LeaseRow).where(LeaseRow.name == name, LeaseRow.owner == owner))

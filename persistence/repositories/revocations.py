"""Which tokens are over before their time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.change import Changes
from persistence.database import translated
from persistence.dialect import insert_into
from persistence.events import SERVER_LOG, Payload
from persistence.tables import RevokedTokenRow


class Revocation(BaseModel):
    """`id`: a token's `jti` or a sign-in's `sid`. `expires_at`: when no token with it could be good any more."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    revoked_at: datetime
    expires_at: datetime


class RevokedTokens:
    def __init__(self, engine: AsyncEngine, changes: Changes, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._changes = changes
        self._clock = clock

    async def add(self, ids: Sequence[str], *, expires_at: datetime, fact: Payload | None = None) -> list[Revocation]:
        """Revoke for good; what is revoked already stays so, as long as it has to. What has expired is forgotten.

        `fact` tells of it where somebody else did it than whose tokens they are.
        """
        now = self._clock()
        revoked = [Revocation(id=token_id, revoked_at=now, expires_at=expires_at) for token_id in ids]
        async with self._changes.begin() as change:
            await change.connection.execute(delete(RevokedTokenRow).where(RevokedTokenRow.expires_at <= now))
            for revocation in revoked:
                statement = insert_into(change.connection, RevokedTokenRow).values(**revocation.model_dump())
                await change.connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=[RevokedTokenRow.id],
                        set_={"expires_at": expires_at, "revoked_at": now},
                        where=RevokedTokenRow.expires_at < expires_at,
                    )
                )
            if fact is not None:
                await change.tell(SERVER_LOG, fact)
        return revoked

    async def since(self, moment: datetime | None, *, limit: int) -> list[Revocation]:
        """Those that still matter, revoked after `moment`, the newest first, at most `limit`."""
        question = select(RevokedTokenRow.id, RevokedTokenRow.revoked_at, RevokedTokenRow.expires_at)
        question = question.where(RevokedTokenRow.expires_at > self._clock())
        if moment is not None:
            question = question.where(RevokedTokenRow.revoked_at > moment)
        async with translated(), self._engine.connect() as connection:
            rows = await connection.execute(question.order_by(RevokedTokenRow.revoked_at.desc()).limit(limit))
            return [Revocation.model_validate(row) for row in rows]

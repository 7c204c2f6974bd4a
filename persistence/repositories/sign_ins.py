"""Sign-ins, each a family of refresh tokens of which one is good at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from persistence.database import translated, writing
from persistence.tables import RefreshTokenRow

MAX_SIGN_INS: Final = 20
"""Of one user at a time. One more ends the one that was used longest ago."""


class Rotation(Enum):
    ROTATED = "rotated"
    UNKNOWN = "unknown"  # there is no such sign-in, or it is over
    REUSED = "reused"  # a token from before: the whole family is over


@dataclass(frozen=True, slots=True)
class Rotated:
    outcome: Rotation
    user_id: str | None = None


class SignIns:
    def __init__(self, engine: AsyncEngine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def begin(self, family: str, user_id: str, *, token_hash: str, ttl: timedelta) -> list[str]:
        """Store a sign-in; answers the families that had to end for it. Raises `UnavailableError`."""
        now = self._clock()
        async with translated(), writing(self._engine).begin() as connection:
            await connection.execute(delete(RefreshTokenRow).where(RefreshTokenRow.expires_at <= now))
            families = select(RefreshTokenRow.family).where(RefreshTokenRow.user_id == user_id)
            newest_first = families.order_by(RefreshTokenRow.rotated_at.desc(), RefreshTokenRow.family)
            surplus = list(await connection.scalars(newest_first.offset(MAX_SIGN_INS - 1)))
            await _end(connection, surplus)
            row = RefreshTokenRow.__table__.insert().values(  # type: ignore[attr-defined]
                family=family,
                user_id=user_id,
                token_hash=token_hash,
                created_at=now,
                rotated_at=now,
                expires_at=now + ttl,
            )
            await connection.execute(row)
        return surplus

    async def rotate(
        self, family: str, *, old_hash: str, new_hash: str, ttl: timedelta, grace: timedelta = timedelta(0)
    ) -> Rotated:
        """Exchange the family's good token for another. Of two who come with the same one, the second has REUSED it.

        Within `grace` of an exchange the token before it is taken once more, for whoever never got the answer.
        """
        now = self._clock()
        async with translated(), writing(self._engine).begin() as connection:
            current = (
                await connection.execute(
                    select(
                        RefreshTokenRow.user_id,
                        RefreshTokenRow.token_hash,
                        RefreshTokenRow.previous_hash,
                        RefreshTokenRow.rotated_at,
                        RefreshTokenRow.expires_at,
                    )
                    .where(RefreshTokenRow.family == family)
                    .with_for_update()
                )
            ).first()
            if current is None or current.expires_at <= now:
                return Rotated(Rotation.UNKNOWN)
            # Whoever waited for the lock read the clock before the one who held it: an age below nought is young too.
            again = current.previous_hash == old_hash and abs(now - current.rotated_at) < grace
            if current.token_hash != old_hash and not again:
                await _end(connection, [family])
                return Rotated(Rotation.REUSED, current.user_id)
            await connection.execute(
                update(RefreshTokenRow)
                .where(RefreshTokenRow.family == family)
                .values(
                    token_hash=new_hash,
                    previous_hash=old_hash,
                    # The time to come again is that of the first exchange: it cannot be made longer by coming again.
                    rotated_at=current.rotated_at if again else now,
                    expires_at=now + ttl,
                )
            )
        return Rotated(Rotation.ROTATED, current.user_id)

    async def end(self, family: str) -> None:
        """Sign out. A family that is over already stays over."""
        async with translated(), writing(self._engine).begin() as connection:
            await _end(connection, [family])

    async def end_all(self, user_id: str, *, but: str | None = None) -> list[str]:
        """End every sign-in of the user except `but`; answers the families that ended."""
        async with translated(), writing(self._engine).begin() as connection:
            families = select(RefreshTokenRow.family).where(RefreshTokenRow.user_id == user_id)
            ended = [family for family in await connection.scalars(families) if family != but]
            await _end(connection, ended)
        return ended


async def _end(connection: AsyncConnection, families: list[str]) -> None:
    if families:
        await connection.execute(delete(RefreshTokenRow).where(RefreshTokenRow.family.in_(families)))

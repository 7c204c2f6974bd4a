"""Accounts as the other packages see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.change import Changes
from persistence.database import translated
from persistence.dialect import insert_into
from persistence.errors import EmailTakenError
from persistence.events import SERVER_LOG, AccountCreated, AccountPasswordChanged
from persistence.tables import UserRow


class User(BaseModel):
    """A stored account. `email` is normalised; `password_hash` (PHC string format) never leaves the server."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    email: str
    display_name: str
    password_hash: str
    created_at: datetime


_COLUMNS = [getattr(UserRow, name) for name in User.model_fields]


class Users:
    def __init__(self, engine: AsyncEngine, changes: Changes, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._changes = changes
        self._clock = clock

    async def create(self, user_id: str, *, email: str, display_name: str, password_hash: str) -> User:
        """Store an account, and that it was made.

        Raises `EmailTakenError`, also for the slower of two at a time, and `UnavailableError`.
        """
        now = self._clock()
        async with self._changes.begin() as change:
            statement = (
                insert_into(change.connection, UserRow)
                .values(
                    id=user_id,
                    email=email,
                    display_name=display_name,
                    password_hash=password_hash,
                    created_at=now,
                    password_changed_at=now,
                )
                .on_conflict_do_nothing(index_elements=[UserRow.email])
                .returning(*_COLUMNS)
            )
            made = (await change.connection.execute(statement)).first()
            if made is None:
                raise EmailTakenError("there is an account with this e-mail address")
            await change.tell(SERVER_LOG, AccountCreated(user_id=user_id))
        return User.model_validate(made)

    async def by_email(self, email: str) -> User | None:
        """The account with this normalised address. Raises `UnavailableError` without a database."""
        return await self._one(UserRow.email == email)

    async def get(self, user_id: str) -> User | None:
        return await self._one(UserRow.id == user_id)

    async def change_password(self, user_id: str, *, old_hash: str, new_hash: str) -> bool:
        """Whether it was changed: not when `old_hash` is no longer the stored one, because somebody was faster."""
        async with self._changes.begin() as change:
            changed = await change.connection.execute(
                update(UserRow)
                .where(UserRow.id == user_id, UserRow.password_hash == old_hash)
                .values(password_hash=new_hash, password_changed_at=self._clock())
            )
            if changed.rowcount == 1:
                await change.tell(SERVER_LOG, AccountPasswordChanged(user_id=user_id))
        return changed.rowcount == 1

    async def _one(self, condition: object) -> User | None:
        async with translated(), self._engine.connect() as connection:
            row = (await connection.execute(select(*_COLUMNS).where(condition))).first()  # type: ignore[arg-type]
        return User.model_validate(row) if row else None

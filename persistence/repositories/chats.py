"""The chat of a meeting, as its people may read it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.catching_up import CatchUp
from persistence.database import translated
from persistence.events import FileReference, MessageType
from persistence.tables import ChatMessageRow as Row


class ChatMessage(BaseModel):
    """A message as it is now. `number` is its place in the chat, `revision` that of its last change.

    `participant_id` and `user_id` are its author's, and in a System message those of whom it tells of. With
    `to_user_id` it is for the author and that person alone.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    message_id: str
    number: int
    revision: int
    type: MessageType
    participant_id: str | None = None
    user_id: str | None = None
    display_name: str = ""
    text: str = ""
    file: FileReference | None = None
    reply_to: str | None = None
    to_participant_id: str | None = None
    to_user_id: str | None = None
    to_name: str | None = None
    nonce: str | None = None
    sent_at: datetime
    edited_at: datetime | None = None
    deleted: bool = False

    def visible_to(self, user_id: str) -> bool:
        return self.to_user_id is None or user_id in (self.user_id, self.to_user_id)


_COLUMNS = [getattr(Row, name) for name in ChatMessage.model_fields]
_READER: Final = bindparam("reader", type_=Row.user_id.type)
_LAST: Final = (
    select(*_COLUMNS)
    .where(Row.meeting_id == bindparam("meeting_id"), Row.number.is_not(None))
    .order_by(Row.number.desc())
    .limit(bindparam("most"))
)
_BEFORE: Final = _LAST.where(
    Row.number < bindparam("before"), or_(Row.to_user_id.is_(None), Row.user_id == _READER, Row.to_user_id == _READER)
)
_ONE: Final = _LAST.where(Row.message_id == bindparam("message_id"))
_HIGHEST: Final = select(func.max(Row.revision)).where(Row.meeting_id == bindparam("meeting_id"))


class Chats:
    """`catch_up` waits until events that were durable before the question are applied.

    All raise `UnavailableError` without a database.
    """

    def __init__(self, engine: AsyncEngine, *, catch_up: CatchUp) -> None:
        self._engine = engine
        self._catch_up = catch_up

    async def latest(self, meeting_id: str, limit: int) -> tuple[list[ChatMessage], int]:
        """The last messages, whoever they are for, oldest first; and the revision of the whole chat, 0 at first."""
        found = await self._find(_LAST, meeting_id, most=limit)
        async with translated(), self._engine.connect() as connection:
            highest = await connection.scalar(_HIGHEST, {"meeting_id": meeting_id})
        return found, highest or 0

    async def before(self, meeting_id: str, number: int, *, reader: str, limit: int) -> list[ChatMessage]:
        """The last messages before that number that this user may read, oldest first."""
        return await self._find(_BEFORE, meeting_id, before=number, reader=reader, most=limit)

    async def one(self, meeting_id: str, message_id: str) -> ChatMessage | None:
        found = await self._find(_ONE, meeting_id, message_id=message_id, most=1)
        return found[0] if found else None

    async def _find(self, question: Select[Any], meeting_id: str, **asked: str | int) -> list[ChatMessage]:
        await self._catch_up(meeting_id)
        async with translated(), self._engine.connect() as connection:
            rows = await connection.execute(question, {"meeting_id": meeting_id, **asked})
            return [ChatMessage.model_validate(row) for row in reversed(rows.all())]

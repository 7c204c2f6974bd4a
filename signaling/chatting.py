"""What happens to a room's chat: recorded, kept, told to those whom it concerns, and read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from persistence.errors import PersistenceError
from persistence.events import ChatMessageDeleted, ChatMessageEdited, ChatMessageSent
from persistence.repositories import ChatMessage
from signaling.chat import KEPT, Chat, last_page
from signaling.messages import catalogue
from signaling.messages.chat import ChatMessageView, ChatPage
from signaling.participant import Participant
from signaling.ports import ChatArchive, Record
from signaling.rooms import Room

PAGE: Final = 50
log = structlog.get_logger(__name__)


class Chatting:
    """Everything but reading is done by whoever holds the chat's `turn`."""

    def __init__(
        self, record: Record, archive: ChatArchive, *, new_id: Callable[[], str], now: Callable[[], datetime]
    ) -> None:
        self._record = record
        self._archive = archive
        self.new_id = new_id
        self._now = now

    async def open(self, room: Room) -> None:
        """Before the first one is in: what was written in the meeting at earlier times."""
        messages, revision = await self._archive.latest(room.id, KEPT)
        room.chat = Chat(messages, revision=revision, older=len(messages) == KEPT)

    async def post(self, room: Room, message: ChatMessage, *, but: Participant | None = None) -> None:
        """Raises PersistenceError, and nothing was said."""
        fact = ChatMessageSent(
            message_type=message.type, **message.model_dump(include=set(ChatMessageSent.model_fields))
        )
        await self._record.emit(room.id, fact, participant_id=message.participant_id)
        room.chat.keep(message)
        _tell(room, catalogue.CHAT_MESSAGE, message, but=but)

    async def note(self, about: Participant, text: str) -> None:
        """A System message: what somebody did in the room, for everybody and for those who read later.

        It is theirs, in that it goes with their data when that is erased, and not theirs to change. It goes with
        something that was recorded already, so what the record refuses is logged alone.
        """
        room = about.room
        async with room.chat.turn:
            revision = room.chat.revision + 1
            message = ChatMessage(
                message_id=self.new_id(),
                number=revision,
                revision=revision,
                type="System",
                participant_id=about.id,
                user_id=about.user_id,
                text=text,
                sent_at=self._now(),
            )
            try:
                await self.post(room, message)
            except PersistenceError as error:
                log.error("record_failed", meeting_id=room.id, code=error.code)  # noqa: TRY400 - nothing of ours failed

    async def change(
        self, by: Participant, message: ChatMessage, fact: ChatMessageEdited | ChatMessageDeleted, event: str
    ) -> None:
        """`message` is how it is from now on. Raises PersistenceError, and it is as it was."""
        await self._record.emit(by.room.id, fact, participant_id=by.id)
        by.room.chat.keep(message)
        _tell(by.room, event, message, but=by)

    async def find(self, room: Room, message_id: str) -> ChatMessage | None:
        """Raises PersistenceError where only the database could say."""
        message = room.chat.get(message_id)
        if message is None and room.chat.older:
            message = await self._archive.one(room.id, message_id)
        return message

    async def page(self, room: Room, reader: str, *, before: int | None, limit: int) -> ChatPage:
        """Out of what the room holds, and where that ends out of the database. Raises PersistenceError."""
        found, more = room.chat.before(before, reader=reader, limit=limit)
        if not found and room.chat.older:
            end = before if before is not None else room.chat.revision + 1
            stored = await self._archive.before(room.id, end, reader=reader, limit=limit + 1)
            found = last_page(stored, limit)
            more = len(found) < len(stored)
        return ChatPage(messages=[view(each, reader) for each in found], revision=room.chat.revision, more=more)


def newest(chat: Chat, reader: str, *, seen: int | None = None) -> ChatPage:
    """For whoever enters: what changed since they last saw the chat, where that is known, else its last messages."""
    changed = chat.changed_since(seen, reader=reader) if seen is not None else None
    if changed is not None:
        return ChatPage(
            messages=[view(each, reader) for each in changed], revision=chat.revision, more=False, since=seen
        )
    found, more = chat.before(None, reader=reader, limit=PAGE)
    return ChatPage(messages=[view(each, reader) for each in found], revision=chat.revision, more=more)


def view(message: ChatMessage, reader: str) -> ChatMessageView:
    """The message as this user sees it: a nonce is its author's own."""
    return ChatMessageView(
        message_id=message.message_id,
        number=message.number,
        revision=message.revision,
        type=message.type,
        participant_id=message.participant_id,
        user_id=message.user_id,
        display_name=message.display_name or None,
        text=message.text,
        file=message.file,
        reply_to=message.reply_to,
        to_participant_id=message.to_participant_id,
        to_user_id=message.to_user_id,
        to_name=message.to_name,
        nonce=message.nonce if message.user_id == reader else None,
        sent_at=message.sent_at.isoformat(),
        edited_at=message.edited_at.isoformat() if message.edited_at else None,
        deleted=message.deleted,
    )


def _tell(room: Room, event: str, message: ChatMessage, *, but: Participant | None) -> None:
    """Those who may read it. Its author's other connections hear the nonce, which nobody else needs."""
    shown = view(message, "")
    for participant in room.participants.values():
        if participant is not but and message.visible_to(participant.user_id):
            own = participant.user_id == message.user_id
            participant.tell(event, view(message, participant.user_id) if own else shown)

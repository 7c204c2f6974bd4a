"""What people write to each other: send, edit, delete, and read what was written before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from persistence.events import ChatMessageDeleted, ChatMessageEdited
from persistence.repositories import ChatMessage
from signaling.chat_text import check_file, check_text
from signaling.chatting import Chatting, view
from signaling.dispatch import handles
from signaling.errors import ErrorCode, SignalingError, not_found
from signaling.lookup import still_in
from signaling.messages import catalogue
from signaling.messages import chat as messages
from signaling.participant import Participant
from signaling.permissions import may_undo, may_use_chat


class ChatHandlers:
    def __init__(self, chatting: Chatting, now: Callable[[], datetime], *, chat_length: int) -> None:
        self._chatting = chatting
        self._now = now
        self._most = chat_length

    @handles(messages.ChatSend)
    async def send(self, participant: Participant, request: messages.ChatSend) -> messages.ChatMessageView:
        """A private message reaches every connection of the two; a reply to one is private among the same two."""
        text = check_text(request.type, request.text, most=self._most)
        file = check_file(request.type, request.file)
        room = participant.room
        _check_writing(participant)
        answered = await self._readable(participant, request.reply_to) if request.reply_to is not None else None
        async with room.chat.turn:
            _check_writing(participant)
            if (said := room.chat.said(participant.user_id, request.nonce)) is not None:
                return view(said, participant.user_id)
            recipient = _recipient(participant, request.to_participant_id)
            if answered is not None:
                _check_reply(room.chat.get(answered.message_id) or answered, participant, recipient)
            message = ChatMessage(
                message_id=self._chatting.new_id(),
                number=room.chat.revision + 1,
                revision=room.chat.revision + 1,
                type=request.type,
                participant_id=participant.id,
                user_id=participant.user_id,
                display_name=participant.display_name,
                text=text,
                file=file,
                reply_to=request.reply_to,
                to_participant_id=recipient.id if recipient else None,
                to_user_id=recipient.user_id if recipient else None,
                to_name=recipient.display_name if recipient else None,
                nonce=request.nonce,
                sent_at=self._now(),
            )
            await self._chatting.post(room, message, but=participant)
        return view(message, participant.user_id)

    @handles(messages.ChatEdit)
    async def edit(self, participant: Participant, request: messages.ChatEdit) -> messages.ChatMessageView:
        """Saying the same again changes nothing."""
        room = participant.room
        _check_writing(participant)
        async with self._its_turn(participant, request.message_id) as before:
            _check_writing(participant)
            message = before
            if message.user_id != participant.user_id or message.type == "System":
                raise SignalingError(ErrorCode.ACCESS_DENIED, "Only its author can edit a message.")
            if message.deleted:
                raise SignalingError(ErrorCode.CONFLICT, "The message was deleted.")
            text = check_text(message.type, request.text, most=self._most)
            if text != message.text:
                revision = room.chat.revision + 1
                message = message.model_copy(update={"text": text, "revision": revision, "edited_at": self._now()})
                fact = ChatMessageEdited(message_id=message.message_id, revision=revision, text=text)
                await self._chatting.change(participant, message, fact, catalogue.CHAT_EDITED)
        return view(message, participant.user_id)

    @handles(messages.ChatDelete)
    async def delete(self, participant: Participant, request: messages.ChatDelete) -> messages.ChatMessageView:
        """Authors may take back what they wrote even where they may not write any more. Deleting twice is once."""
        room = participant.room
        async with self._its_turn(participant, request.message_id) as before:
            still_in(participant)
            message = before
            _check_deleting(participant, message)
            if not message.deleted:
                revision = room.chat.revision + 1
                gone = {"text": "", "file": None, "deleted": True, "revision": revision}
                message = message.model_copy(update=gone)
                fact = ChatMessageDeleted(message_id=message.message_id, revision=revision)
                await self._chatting.change(participant, message, fact, catalogue.CHAT_DELETED)
        return view(message, participant.user_id)

    @handles(messages.ChatList)
    async def list(self, participant: Participant, request: messages.ChatList) -> messages.ChatPage:
        return await self._chatting.page(
            participant.room, participant.user_id, before=request.before, limit=request.limit
        )

    @asynccontextmanager
    async def _its_turn(self, reader: Participant, message_id: str) -> AsyncIterator[ChatMessage]:
        """The message as it is now, while nobody else changes the chat.

        An old one is looked for before, so that the others do not wait for the database; and once more only if the
        chat has changed since.
        """
        chat = reader.room.chat
        revision = chat.revision
        found = await self._readable(reader, message_id)
        async with chat.turn:
            if (held := chat.get(message_id)) is not None:
                found = held
            elif chat.revision != revision:
                found = await self._readable(reader, message_id)
            yield found

    async def _readable(self, reader: Participant, message_id: str) -> ChatMessage:
        message = await self._chatting.find(reader.room, message_id)
        if message is None or not message.visible_to(reader.user_id):
            raise not_found("message")
        still_in(reader)
        return message


def _check_writing(participant: Participant) -> None:
    still_in(participant)
    if not may_use_chat(participant):
        raise SignalingError(ErrorCode.ACCESS_DENIED, "You cannot write here: a host has switched that off.")


def _recipient(author: Participant, participant_id: str | None) -> Participant | None:
    if participant_id is None:
        return None
    recipient = author.room.participants.get(participant_id)
    if recipient is None:
        raise not_found("participant")
    if recipient.user_id == author.user_id:
        raise SignalingError(ErrorCode.CONFLICT, "That is you.")
    return recipient


def _check_reply(answered: ChatMessage, author: Participant, recipient: Participant | None) -> None:
    if answered.deleted:
        raise SignalingError(ErrorCode.CONFLICT, "The message was deleted.")
    if answered.to_user_id is None:
        return
    other = answered.to_user_id if answered.user_id == author.user_id else answered.user_id
    if recipient is None or recipient.user_id != other:
        raise SignalingError(ErrorCode.CONFLICT, "A reply to a private message goes to the same person.")


def _check_deleting(participant: Participant, message: ChatMessage) -> None:
    owner = None if message.type == "System" else message.user_id
    if not may_undo(participant, message.participant_id, owner):
        raise SignalingError(ErrorCode.ACCESS_DENIED, "Only its author or a host can delete a message.")

"""What people write, into `chat_messages`: the latest change counts, and what was deleted stays deleted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, func, null

from persistence.dialect import Insert, insert_into
from persistence.events import ChatMessageDeleted, ChatMessageEdited, ChatMessageSent, Event
from persistence.tables import ChatMessageRow as Message

from .registry import Projection
from .scope import Scope

CHAT = Projection("chat", Message)


@CHAT.of(ChatMessageSent)
async def message_sent(scope: Scope, event: Event, payload: ChatMessageSent) -> None:
    """Its text counts unless a later one, or its end, was delivered before."""
    given = payload.model_dump(mode="json", exclude={"message_type"})
    sent = insert_into(scope.connection, Message).values(
        meeting_id=event.meeting_id,
        participant_id=event.participant_id,
        number=payload.revision,
        type=payload.message_type,
        sent_at=event.timestamp,
        **given,
    )
    author = ("participant_id", "user_id", "display_name", "nonce")
    told = ("number", "type", "sent_at", "reply_to", "to_participant_id", "to_user_id", "to_name")
    await _apply(
        scope,
        sent,
        {
            **{name: sent.excluded[name] for name in (*author, *told)},
            "text": case((Message.edited_at.is_not(None) | Message.deleted, Message.text), else_=sent.excluded.text),
            "file": case((Message.deleted, null()), else_=sent.excluded.file),
        },
    )


@CHAT.of(ChatMessageEdited)
async def message_edited(scope: Scope, event: Event, payload: ChatMessageEdited) -> None:
    edited = insert_into(scope.connection, Message).values(
        meeting_id=event.meeting_id,
        message_id=payload.message_id,
        revision=payload.revision,
        text=payload.text,
        edited_at=event.timestamp,
    )
    older = (Message.revision > edited.excluded.revision) | Message.deleted
    await _apply(
        scope,
        edited,
        {
            "text": case((older, Message.text), else_=edited.excluded.text),
            "edited_at": case((older, Message.edited_at), else_=edited.excluded.edited_at),
        },
    )


@CHAT.of(ChatMessageDeleted)
async def message_deleted(scope: Scope, event: Event, payload: ChatMessageDeleted) -> None:
    deleted = insert_into(scope.connection, Message).values(
        meeting_id=event.meeting_id, message_id=payload.message_id, revision=payload.revision, deleted=True
    )
    await _apply(scope, deleted, {"deleted": True, "text": "", "file": null(), "edited_at": null()})


async def _apply(scope: Scope, statement: Insert, changes: dict[str, Any]) -> None:
    await scope.connection.execute(
        statement.on_conflict_do_update(
            index_elements=[Message.meeting_id, Message.message_id],
            set_={**changes, "revision": _later(statement)},
        )
    )


def _later(statement: Insert) -> ColumnElement[int]:
    return case(
        (Message.revision < statement.excluded.revision, statement.excluded.revision),
        else_=func.coalesce(Message.revision, 0),
    )

"""Notes in a chat of what was done in the room: they are nobody's words, and name people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from .events import ChatMessageSent, ParticipantRenamed
from .personal import ERASED
from .tables import ChatMessageRow, MeetingLogRow, ParticipantSessionRow

_NOTE: Final = "System"
_SHORTEST: Final = 2
"""A name of one sign is in too many words to be looked for."""


def is_note(type_: str, payload: Mapping[str, Any]) -> bool:
    return type_ == ChatMessageSent.type and payload.get("message_type") == _NOTE


def names_one_of(text: object, names: Collection[str]) -> bool:
    return isinstance(text, str) and any(name in text for name in names)


async def find_names(connection: AsyncConnection, user_id: str, meetings: Collection[str]) -> frozenset[str]:
    """What they were called in these meetings, as far as the tables and the log still say."""
    stay = ParticipantSessionRow
    names = set(await connection.scalars(select(stay.display_name).where(stay.user_id == user_id).distinct()))
    renamings = select(MeetingLogRow.payload).where(
        MeetingLogRow.meeting_id.in_(meetings), MeetingLogRow.type == ParticipantRenamed.type
    )
    for payload in await connection.scalars(renamings):
        if payload.get("user_id") == user_id:
            names |= {payload.get("from_name", ""), payload.get("display_name", "")}
    return frozenset(name for name in names if len(name) >= _SHORTEST and name != ERASED)


async def erase_notes(connection: AsyncConnection, stays: Collection[tuple[str, str]], names: Collection[str]) -> int:
    """How many notes of what they did, or with a name of theirs in it, were blanked."""
    note, meetings = ChatMessageRow, {meeting_id for meeting_id, _ in stays}
    found = await connection.execute(
        select(note.meeting_id, note.message_id, note.participant_id, note.text).where(
            note.meeting_id.in_(meetings), note.type == _NOTE, note.text != ""
        )
    )
    theirs = [row for row in found if (row.meeting_id, row.participant_id) in stays or names_one_of(row.text, names)]
    for row in theirs:
        this = (note.meeting_id == row.meeting_id, note.message_id == row.message_id)
        await connection.execute(update(note).where(*this).values(text=ERASED))
    return len(theirs)

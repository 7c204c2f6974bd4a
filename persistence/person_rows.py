"""Where a person is in the tables that follow from the log, and their account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, CursorResult, case, delete, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from .personal import ERASED
from .projections.totals import participant_row_id
from .tables import (
    ChatMessageRow,
    MeetingBlockRow,
    MeetingLifecycleRow,
    MeetingRow,
    ParticipantEngagementRow,
    ParticipantRow,
    ParticipantSessionRow,
    PollResponseRow,
    PollRow,
    UserRow,
)

Column = InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A column that holds user ids, and what else of the row is then theirs: texts, lists of them, what is emptied."""

    user: Column
    texts: tuple[Column, ...] = ()
    lists: tuple[Column, ...] = ()
    emptied: tuple[Column, ...] = ()


PLACES: Final = (
    Place(MeetingRow.creator_id),
    Place(MeetingRow.host_id),
    Place(MeetingLifecycleRow.creator_id),
    Place(ParticipantSessionRow.user_id, (ParticipantSessionRow.display_name,)),
    Place(MeetingBlockRow.user_id, (MeetingBlockRow.display_name,)),
    Place(ChatMessageRow.user_id, (ChatMessageRow.display_name, ChatMessageRow.text), emptied=(ChatMessageRow.file,)),
    Place(ChatMessageRow.to_user_id, (ChatMessageRow.to_name,)),
    Place(PollRow.user_id, (PollRow.display_name, PollRow.question), (PollRow.options,)),
    Place(PollResponseRow.user_id, (PollResponseRow.display_name, PollResponseRow.text)),
    Place(PollResponseRow.ballot),
    Place(ParticipantEngagementRow.user_id, (ParticipantEngagementRow.display_name,)),
)
"""Every table a projection fills is here or in `_rename_participants`; a test holds it to that."""


async def erase_rows(connection: AsyncConnection, user_id: str, pseudonym: str) -> tuple[int, bool]:
    """How many rows were changed, and whether there was an account, which is gone with its sign-ins."""
    changed = await _rename_participants(connection, user_id, pseudonym)
    for place in PLACES:
        await _blank_lists(connection, place, user_id)
        values: dict[str, Any] = {text.key: _blanked(text) for text in place.texts}
        values |= {column.key: null() for column in place.emptied}
        statement = update(place.user.class_).where(place.user == user_id).values(values | {place.user.key: pseudonym})
        changed += _count(await connection.execute(statement))
    gone = await connection.execute(delete(UserRow).where(UserRow.id == user_id))
    return changed, _count(gone) > 0


async def _blank_lists(connection: AsyncConnection, place: Place, user_id: str) -> None:
    """Each as long as it was: others refer to their members by number."""
    keys = list(place.user.class_.__table__.primary_key)
    for column in place.lists:
        for row in await connection.execute(select(column, *keys).where(place.user == user_id)):
            this = [key == value for key, value in zip(keys, row[1:], strict=True)]
            blank = update(place.user.class_).where(*this).values({column.key: [ERASED] * len(row[0])})
            await connection.execute(blank)


async def _rename_participants(connection: AsyncConnection, user_id: str, pseudonym: str) -> int:
    """One row a meeting; its id is made of the user's."""
    meetings = list(
        await connection.scalars(select(ParticipantRow.meeting_id).where(ParticipantRow.user_id == user_id))
    )
    for meeting_id in meetings:
        of_meeting = ParticipantRow.meeting_id == meeting_id
        # One under the pseudonym is of an erasure that was broken off, or of events that came late.
        await connection.execute(delete(ParticipantRow).where(of_meeting, ParticipantRow.user_id == pseudonym))
        await connection.execute(
            update(ParticipantRow)
            .where(of_meeting, ParticipantRow.user_id == user_id)
            .values(
                id=participant_row_id(meeting_id, pseudonym),
                user_id=pseudonym,
                display_name=_blanked(ParticipantRow.display_name),
            )
        )
    return len(meetings)


def _blanked(column: Column) -> ColumnElement[str]:
    return case((column == "", column), (column.is_(None), column), else_=ERASED)


def _count(result: CursorResult[Any]) -> int:
    return result.rowcount

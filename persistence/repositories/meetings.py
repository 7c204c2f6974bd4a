"""Meetings as the other packages see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from random import Random
from re import compile as pattern
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import ReturningInsert

from persistence.catching_up import CatchUp
from persistence.change import Changes
from persistence.database import translated
from persistence.dialect import insert_for
from persistence.errors import MeetingExistsError
from persistence.events import SERVER_LOG, MeetingCreated, MeetingId, MeetingSettings, MeetingUpdated
from persistence.events.payload import sanitise
from persistence.features import Features
from persistence.meeting_id import generate_meeting_id
from persistence.schedule import Schedule
from persistence.tables import MeetingRow, MeetingStatus

_ID: Final = pattern(r"[A-Za-z0-9_-]{1,64}")
_AT_ONCE: Final = 500
"""Ids in one question: SQLite takes some tens of thousands, and a plan for so many is made quickly."""


class NewMeeting(BaseModel):
    """What a meeting is made of. Without an `id` it gets a generated one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(max_length=255), AfterValidator(sanitise)]
    description: Annotated[str, Field(max_length=10_000), AfterValidator(sanitise)] = ""
    id: MeetingId | None = None
    creator_id: Annotated[str, Field(max_length=255), AfterValidator(sanitise)] | None = None
    max_participants: int | None = Field(None, ge=1, le=10_000)
    password_hash: str | None = Field(None, max_length=255)
    guests_allowed: bool = True
    lobby: bool = False
    features: Features = Features()
    scheduled_start_time: datetime | None = None
    scheduled_end_time: datetime | None = None


class Meeting(BaseModel):
    """A stored meeting. `revision` counts people's edits and makes its ETag; lifecycle facts leave it alone."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    title: str
    description: str
    status: MeetingStatus
    creator_id: str | None
    max_participants: int | None
    password_hash: str | None
    guests_allowed: bool
    lobby: bool
    features: Features
    created_at: datetime
    updated_at: datetime
    scheduled_start_time: datetime | None
    scheduled_end_time: datetime | None
    actual_start_time: datetime | None
    actual_end_time: datetime | None
    current_participants_count: int
    revision: int

    @property
    def settings(self) -> MeetingSettings:
        return MeetingSettings.model_validate(self.model_dump(include=set(MeetingSettings.model_fields)))


_COLUMNS: Final = [getattr(MeetingRow, name) for name in Meeting.model_fields]

# Made once, as making it anew took longer than asking it, and everybody who joins asks.
_FIND: Final = select(*_COLUMNS).where(
    MeetingRow.id == bindparam("meeting_id"), or_(MeetingRow.is_placeholder.is_(False), MeetingRow.title != "")
)


class Meetings:
    """`catch_up` waits until events that were durable before the question are applied."""

    def __init__(
        self,
        engine: AsyncEngine,
        changes: Changes,
        *,
        clock: Callable[[], datetime],
        rng: Random,
        catch_up: CatchUp,
    ) -> None:
        self._engine = engine
        self._changes = changes
        self._clock = clock
        self._rng = rng
        self._catch_up = catch_up

    async def create(self, new: NewMeeting) -> Meeting:
        """Store a meeting, and that it was made.

        Raises `MeetingExistsError` when its id is taken, `UnavailableError` without a database.

        A placeholder that an event made before is taken over, with what really happened in it.
        """
        if new.id == SERVER_LOG:
            raise MeetingExistsError("this id is the server's own")
        now = self._clock()
        given = new.model_dump(exclude={"id"})
        asked = {**given, "id": new.id or generate_meeting_id(self._rng), "created_at": now, "updated_at": now}
        async with self._changes.begin() as change:
            row = (await change.connection.execute(_made(change.connection.dialect.name), asked)).first()
            if row is None:
                raise MeetingExistsError("there is a meeting with this id")
            made = Meeting.model_validate(row)
            fact = MeetingCreated(title=made.title, creator_id=made.creator_id, settings=made.settings)
            await change.tell(made.id, fact)
        return made

    async def change(
        self, meeting_id: str, changes: Mapping[str, Any], *, told: Sequence[str], revision: int
    ) -> Meeting | None:
        """Change these columns of the meeting as it was at `revision`, and tell by what names they were set.

        None when it is another one by now.

        Raises `UnavailableError` without a database.
        """
        async with self._changes.begin() as change:
            changed = await change.connection.execute(
                update(MeetingRow)
                .where(MeetingRow.id == meeting_id, MeetingRow.revision == revision)
                .values(**changes, is_placeholder=False, revision=revision + 1, updated_at=self._clock())
                .returning(*_COLUMNS)
            )
            row = changed.first()
            if row is None:
                return None
            meeting = Meeting.model_validate(row)
            fact = MeetingUpdated(changed=sorted(told), revision=meeting.revision, settings=meeting.settings)
            await change.tell(meeting_id, fact)
        return meeting

    async def get(self, meeting_id: str) -> Meeting | None:
        """The meeting with all that happened before the question. Raises `UnavailableError` without a database.

        A placeholder nobody has named is no meeting yet.
        """
        if _ID.fullmatch(meeting_id):
            await self._catch_up(meeting_id)
        return await self.find(meeting_id)

    async def find(self, meeting_id: str) -> Meeting | None:
        """The same without waiting for what is on its way: what people set counts, its times and counts may be old."""
        if not _ID.fullmatch(meeting_id):
            return None
        async with translated(), self._engine.connect() as connection:
            row = (await connection.execute(_FIND, {"meeting_id": meeting_id})).first()
        return Meeting.model_validate(row) if row else None

    async def schedules(self, meeting_ids: Sequence[str]) -> list[Schedule]:
        """Of those among them that have a start or an end. Raises `UnavailableError` without a database."""
        times = MeetingRow.scheduled_start_time, MeetingRow.scheduled_end_time
        found: list[Schedule] = []
        async with translated(), self._engine.connect() as connection:
            for first in range(0, len(meeting_ids), _AT_ONCE):
                asked = MeetingRow.id.in_(meeting_ids[first : first + _AT_ONCE])
                scheduled = or_(*(time.is_not(None) for time in times))
                rows = await connection.execute(select(MeetingRow.id, *times).where(asked, scheduled))
                found += [Schedule(*row) for row in rows]
        return found


@cache
def _made(dialect: str) -> ReturningInsert[Any]:
    meeting = insert_for(dialect, MeetingRow)
    given = (*(name for name in NewMeeting.model_fields if name != "id"), "created_at", "updated_at")
    return meeting.on_conflict_do_update(
        index_elements=[MeetingRow.id],
        set_={"is_placeholder": False, **{name: meeting.excluded[name] for name in given}},
        where=MeetingRow.is_placeholder.is_(True),
    ).returning(*_COLUMNS)

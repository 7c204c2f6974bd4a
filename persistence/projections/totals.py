"""Columns that sum up other rows. They are derived anew, never counted up, so order and repetition cannot bend them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Row, bindparam, delete, func, or_, select, tuple_, update

from persistence.dialect import Insert, insert_for
from persistence.events import MeetingCreated, MeetingEnded, MeetingStarted
from persistence.tables import (
    MeetingLifecycleRow as Lifecycle,
)
from persistence.tables import (
    MeetingRow,
    MeetingStatus,
    ParticipantRow,
    ParticipantSessionRow,
    ParticipationStatus,
)

from .analytics import refresh_figures
from .counter import add_up
from .scope import Scope

_PEOPLE: Final = UUID("7d1f3c1e-5d3e-4c44-9e0b-6a8f0f3d2b51")  # namespace of participants' row ids

# Statements are made once: making one anew takes longer than executing it.
_ONE: Final = MeetingRow.id == bindparam("meeting")
_NEWEST: Final = (
    select(Lifecycle.type, Lifecycle.at, Lifecycle.title, Lifecycle.creator_id)
    .where(Lifecycle.meeting_id == bindparam("meeting"), Lifecycle.type.in_(bindparam("types", expanding=True)))
    .order_by(Lifecycle.at.desc(), Lifecycle.event_id.desc())
    .limit(1)
)
_FIRST_START: Final = select(func.min(Lifecycle.at)).where(
    Lifecycle.meeting_id == bindparam("meeting"), Lifecycle.type == MeetingStarted.type
)
_KNOWN_START: Final = select(MeetingRow.actual_start_time).where(_ONE)
_CHANGE: Final = update(MeetingRow).where(_ONE)
_CHANGE_PLACEHOLDER: Final = _CHANGE.where(MeetingRow.is_placeholder)
_PRESENT: Final = (
    select(func.count())
    .select_from(ParticipantSessionRow)
    .where(
        ParticipantSessionRow.meeting_id == MeetingRow.id,
        ParticipantSessionRow.joined_at.is_not(None),
        ParticipantSessionRow.left_at.is_(None),
        or_(
            MeetingRow.actual_end_time.is_(None),
            ParticipantSessionRow.joined_at > MeetingRow.actual_end_time,
        ),
    )
    .correlate(MeetingRow)
    .scalar_subquery()
)
_COUNT: Final = (
    update(MeetingRow)
    .where(MeetingRow.id.in_(bindparam("meetings", expanding=True)))
    .values(current_participants_count=_PRESENT)
)
_STAY: Final = tuple_(ParticipantSessionRow.meeting_id, ParticipantSessionRow.participant_id)
_WHOSE: Final = select(ParticipantSessionRow.meeting_id, ParticipantSessionRow.user_id).where(
    _STAY.in_(bindparam("stays", expanding=True))
)
_STAYS: Final = select(*ParticipantSessionRow.__table__.columns).where(
    tuple_(ParticipantSessionRow.meeting_id, ParticipantSessionRow.user_id).in_(bindparam("people", expanding=True))
)


def participant_row_id(meeting_id: str, user_id: str) -> str:
    """The same whenever the row is made anew."""
    return str(uuid5(_PEOPLE, f"{meeting_id}/{user_id}"))


async def refresh_totals(scope: Scope) -> None:
    """Derive what the batch affected, in a fixed order of rows, so that two nodes cannot wait for each other."""
    if scope.stays:
        await _note_whose_they_were(scope)
    await scope.flush()
    await refresh_meetings(scope)
    if scope.people:
        await _refresh_people(scope)
    await add_up(scope)
    await refresh_figures(scope)


async def refresh_meetings(scope: Scope) -> None:
    """What `meetings` says of what really happened."""
    for meeting_id in sorted(scope.lifecycles):
        await _refresh_lifecycle(scope, meeting_id)
        await _name_placeholder(scope, meeting_id)
    if changed := scope.lifecycles | scope.crowds:
        await _count_present(scope, changed)


async def _refresh_lifecycle(scope: Scope, meeting_id: str) -> None:
    """The latest start or end says what the meeting is; the first start and the last end are its actual times."""
    asked = {"meeting": meeting_id, "types": [MeetingStarted.type, MeetingEnded.type]}
    newest = (await scope.connection.execute(_NEWEST, asked)).first()
    if newest is None:
        return
    ended = newest.type == MeetingEnded.type
    first_start = await scope.connection.scalar(_FIRST_START, {"meeting": meeting_id})
    known_start = await scope.connection.scalar(_KNOWN_START, {"meeting": meeting_id})
    await scope.connection.execute(
        _CHANGE,
        {
            "meeting": meeting_id,
            "status": MeetingStatus.COMPLETED if ended else MeetingStatus.IN_PROGRESS,
            "actual_start_time": min((moment for moment in (first_start, known_start) if moment), default=None),
            "actual_end_time": newest.at if ended else None,
        },
    )


async def _name_placeholder(scope: Scope, meeting_id: str) -> None:
    for kind in (MeetingCreated.type, MeetingStarted.type):
        asked = {"meeting": meeting_id, "types": [kind]}
        if (named := (await scope.connection.execute(_NEWEST, asked)).first()) is not None:
            given = {"meeting": meeting_id, "title": named.title, "creator_id": named.creator_id}
            await scope.connection.execute(_CHANGE_PLACEHOLDER, given)
            return


async def _count_present(scope: Scope, meeting_ids: set[str]) -> None:
    """Stays that began and did not end, unless the meeting itself ended after they began."""
    await scope.connection.execute(_COUNT, {"meetings": sorted(meeting_ids)})


async def _note_whose_they_were(scope: Scope) -> None:
    """An event may say that a stay is another's than those before it: then both have other totals."""
    whose = await scope.connection.execute(_WHOSE, {"stays": sorted(scope.stays)})
    scope.people.update((row.meeting_id, row.user_id) for row in whose)


async def _refresh_people(scope: Scope) -> None:
    people = sorted(scope.people)
    stays: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for stay in await scope.connection.execute(_STAYS, {"people": people}):
        stays[stay.meeting_id, stay.user_id].append(stay)
    if absent := [person for person in people if person not in stays]:
        person = tuple_(ParticipantRow.meeting_id, ParticipantRow.user_id)
        attended = ParticipantRow.status == ParticipationStatus.ATTENDED
        await scope.connection.execute(delete(ParticipantRow).where(person.in_(absent), attended))
    if rows := [_sum_up(person, stays[person]) for person in people if person in stays]:
        await scope.connection.execute(_summed_up(scope.connection.dialect.name), rows)


@cache
def _summed_up(dialect: str) -> Insert:
    person = insert_for(dialect, ParticipantRow)
    derived = ("display_name", "role", "permissions", "status", "joined_at", "left_at", "total_duration_s")
    return person.on_conflict_do_update(
        index_elements=[ParticipantRow.meeting_id, ParticipantRow.user_id],
        set_={name: person.excluded[name] for name in derived},
    )


def _sum_up(person: tuple[str, str], stays: Sequence[Row[Any]]) -> dict[str, Any]:
    meeting_id, user_id = person
    arrived = sorted((stay for stay in stays if stay.joined_at), key=lambda stay: (stay.joined_at, stay.participant_id))
    latest = arrived[-1] if arrived else None
    present = any(stay.left_at is None for stay in arrived)
    return {
        "id": participant_row_id(meeting_id, user_id),
        "meeting_id": meeting_id,
        "user_id": user_id,
        "display_name": latest.display_name if latest else "",
        "role": latest.role if latest else None,
        "permissions": _permissions(stays),
        "status": ParticipationStatus.ATTENDED,
        "joined_at": arrived[0].joined_at if arrived else None,
        "left_at": None if present else max((stay.left_at for stay in stays if stay.left_at), default=None),
        "total_duration_s": round(sum(_lasted_s(stay.joined_at, stay.left_at) for stay in arrived)),
    }


def _permissions(stays: Sequence[Row[Any]]) -> dict[str, Any] | None:
    """The last that hosts gave them, whichever stay that was in: it holds when they come back."""
    changed = [stay for stay in stays if stay.permissions_changed_at is not None]
    newest = max(changed, key=lambda stay: (stay.permissions_changed_at, stay.permissions_event_id or ""), default=None)
    return newest.permissions if newest is not None else None


def _lasted_s(joined_at: datetime, left_at: datetime | None) -> float:
    return max(0.0, (left_at - joined_at).total_seconds()) if left_at else 0.0

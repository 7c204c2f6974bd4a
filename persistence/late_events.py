"""Events from before somebody's data was erased that arrive after: from a journal, another node, a client.

They lose what is theirs on the way in, so nothing that was erased comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from .events import Event, ParticipantJoined
from .personal import fields_of, hash_of, personal_types, without_person
from .tables import ErasureRow, ParticipantSessionRow

Stay = tuple[str, str]
_NEWEST: Final = select(func.max(ErasureRow.erased_at))


async def without_erased(connection: AsyncConnection, events: Sequence[Event]) -> Sequence[Event]:
    """The same events in the same order. Costs one small question where nobody was erased since."""
    newest = await connection.scalar(_NEWEST)
    late = [event for event in events if newest is not None and event.timestamp <= newest]
    late = [event for event in late if event.type in personal_types()]
    if not late:
        return events
    erased = await _find_erased(connection, {user_id for event in late for user_id in _named(event)})
    actors = await _find_actors(connection, late, erased)
    changed = {id(event): _without(event, erased, actors) for event in late}
    return [changed.get(id(event), event) for event in events]


def _named(event: Event) -> list[str]:
    values = (getattr(event.payload, name) for name in fields_of(type(event.payload)).users)
    return [value for value in values if value is not None]


async def _find_erased(connection: AsyncConnection, user_ids: set[str]) -> dict[str, tuple[str, datetime]]:
    """Pseudonym and time by user id."""
    hashes = {hash_of(user_id): user_id for user_id in user_ids}
    rows = await connection.execute(
        select(ErasureRow.user_hash, ErasureRow.pseudonym, ErasureRow.erased_at).where(ErasureRow.user_hash.in_(hashes))
    )
    return {hashes[row.user_hash]: (row.pseudonym, row.erased_at) for row in rows}


async def _find_actors(
    connection: AsyncConnection, events: Sequence[Event], erased: Mapping[str, tuple[str, datetime]]
) -> dict[Stay, str]:
    """The pseudonyms of the events' participants, from stays that are known or come with these events."""
    wanted = {(event.meeting_id, event.participant_id) for event in events if event.participant_id is not None}
    key = tuple_(ParticipantSessionRow.meeting_id, ParticipantSessionRow.participant_id)
    rows = await connection.execute(
        select(ParticipantSessionRow.meeting_id, ParticipantSessionRow.participant_id, ErasureRow.pseudonym)
        .join(ErasureRow, ErasureRow.pseudonym == ParticipantSessionRow.user_id)
        .where(key.in_(wanted))
    )
    actors = {(row.meeting_id, row.participant_id): row.pseudonym for row in rows}
    for event in events:
        if isinstance(event.payload, ParticipantJoined) and event.payload.user_id in erased and event.participant_id:
            actors[event.meeting_id, event.participant_id] = erased[event.payload.user_id][0]
    return actors


def _without(event: Event, erased: Mapping[str, tuple[str, datetime]], actors: Mapping[Stay, str]) -> Event:
    def rename(user_id: str) -> str | None:
        pseudonym, erased_at = erased.get(user_id, (None, event.timestamp))
        return pseudonym if event.timestamp <= erased_at else None

    actor = actors.get((event.meeting_id, event.participant_id)) if event.participant_id is not None else None
    payload = without_person(event.type, event.payload.model_dump(mode="json"), rename=rename, actor=actor)
    if payload is None:
        return event
    told: dict[str, Any] = event.model_dump(exclude={"payload"})
    return Event.parse(told | {"payload": payload})

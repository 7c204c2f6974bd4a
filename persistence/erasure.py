"""Takes one person's data out of the record: log, tables, archives, what was set aside, and the journal's files."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .archive_file import Draft, Sealed, read_events
from .database import translated, writing
from .dialect import insert_into
from .emitter import Emitter
from .events import SERVER_LOG, PersonErased
from .person_notes import erase_notes, find_names, is_note, names_one_of
from .person_rows import erase_rows
from .personal import PSEUDONYM, hash_of, personal_types, without_person
from .retention import Archive, file_name
from .tables import (
    ArchiveRow,
    ErasureRow,
    FailedEventRow,
    LogHeadRow,
    MeetingLogRow,
    ParticipantSessionRow,
)

WINDOW: Final = 5_000
"""Positions of the log in one transaction, so that the writer waits for none of them long."""

PSEUDONYM_BYTES: Final = 12

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Erased:
    """What was changed: events of the log and of archives, and rows of tables."""

    pseudonym: str
    events: int = 0
    archived_events: int = 0
    rows: int = 0
    account: bool = False


@dataclass(frozen=True, slots=True)
class _Person:
    user_id: str
    pseudonym: str
    stays: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    names: frozenset[str] = field(default_factory=frozenset)

    def rename(self, user_id: str) -> str | None:
        return self.pseudonym if user_id == self.user_id else None

    def without(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """The event's payload without them, None when it has nothing of theirs."""
        actor = self.user_id if (event["meeting_id"], event["participant_id"]) in self.stays else None
        if is_note(event["type"], event["payload"]) and names_one_of(event["payload"].get("text"), self.names):
            actor = self.user_id  # somebody else's doing, with their name in it
        return without_person(event["type"], event["payload"], rename=self.rename, actor=actor)


class Erasure:
    """Can be done again: what a crash left is then finished, under the same pseudonym.

    From its first step on, events from before that come late (`apply`) lose what is theirs on the way in. Later events
    of the same user id are new data and stay.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        emitter: Emitter,
        archive: Path,
        *,
        clock: Callable[[], datetime],
        flush: Callable[[], Awaitable[None]],
        forget: Callable[[], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._emitter = emitter
        self._archive = archive
        self._clock = clock
        self._flush = flush
        self._forget = forget

    async def erase(self, user_id: str, *, by: str) -> Erased:
        """Returns once nothing of theirs is left. Raises `UnavailableError`, `ArchiveDamagedError`, `OSError`."""
        pseudonym = await self._begin(user_id)
        await self._flush()
        stays = await self._stays(user_id, pseudonym)
        async with translated(), self._engine.connect() as connection:
            names = await find_names(connection, user_id, {meeting_id for meeting_id, _ in stays})
        person = _Person(user_id, pseudonym, stays, names)
        done = Erased(pseudonym)
        done.events = await self._erase_log(person)
        await self._erase_set_aside(person)
        async with translated(), writing(self._engine).begin() as connection:
            notes = await erase_notes(connection, person.stays, person.names)
            done.rows, done.account = await erase_rows(connection, user_id, pseudonym)
            done.rows += notes
        done.archived_events = await self._erase_archives(person)
        await self._forget()
        await self._emitter.emit(
            SERVER_LOG,
            PersonErased(
                pseudonym=pseudonym,
                events=done.events,
                archived_events=done.archived_events,
                rows=done.rows,
                account=done.account,
                by=pseudonym if by == user_id else by,
            ),
        )
        await self._finish(user_id)
        log.info("person erased", pseudonym=pseudonym, events=done.events, rows=done.rows)
        return done

    async def _begin(self, user_id: str) -> str:
        new = {
            "user_hash": hash_of(user_id),
            "pseudonym": PSEUDONYM + secrets.token_hex(PSEUDONYM_BYTES),
            "erased_at": self._clock(),
        }
        async with translated(), writing(self._engine).begin() as connection:
            statement = insert_into(connection, ErasureRow).values(**new)
            again = {"erased_at": statement.excluded.erased_at, "done_at": None}
            kept = await connection.execute(
                statement.on_conflict_do_update(index_elements=[ErasureRow.user_hash], set_=again).returning(
                    ErasureRow.pseudonym
                )
            )
            return str(kept.scalar_one())

    async def _finish(self, user_id: str) -> None:
        async with translated(), writing(self._engine).begin() as connection:
            await connection.execute(
                update(ErasureRow).where(ErasureRow.user_hash == hash_of(user_id)).values(done_at=self._clock())
            )

    async def _stays(self, *user_ids: str) -> frozenset[tuple[str, str]]:
        stay = ParticipantSessionRow
        async with translated(), self._engine.connect() as connection:
            question = select(stay.meeting_id, stay.participant_id).where(stay.user_id.in_(user_ids))
            return frozenset((row.meeting_id, row.participant_id) for row in await connection.execute(question))

    async def _erase_log(self, person: _Person) -> int:
        async with translated(), self._engine.connect() as connection:
            head = await connection.scalar(select(LogHeadRow.position)) or 0
        changed = 0
        for start in range(1, head + 1, WINDOW):
            async with translated(), writing(self._engine).begin() as connection:
                changed += await _erase_window(connection, person, start, start + WINDOW - 1)
        return changed

    async def _erase_set_aside(self, person: _Person) -> None:
        """Whatever could not be applied and speaks of them loses its body: nobody can say what in it is theirs."""
        names = [orjson.dumps(name).decode() for name in (person.user_id, *(stay for _, stay in person.stays))]
        async with translated(), writing(self._engine).begin() as connection:
            rows = await connection.execute(select(FailedEventRow.id, FailedEventRow.body))
            theirs = [row.id for row in rows if any(name in row.body for name in names)]
            if theirs:
                cleared = update(FailedEventRow).where(FailedEventRow.id.in_(theirs))
                await connection.execute(cleared.values(body="", error="erased with somebody's data"))

    async def _erase_archives(self, person: _Person) -> int:
        changed = 0
        for archive in await self._archives():
            number = archive.rewritten + 1
            name = file_name(archive.meeting_id, archive.first_sequence, archive.last_sequence, f"r{number}")
            found = await asyncio.to_thread(_rewrite, self._archive / archive.file, self._archive / name, person)
            if found is None:
                continue
            count, sealed = found
            async with translated(), writing(self._engine).begin() as connection:
                await connection.execute(
                    update(ArchiveRow)
                    .where(ArchiveRow.file == archive.file)
                    .values(file=name, bytes=sealed.bytes, sha256=sealed.sha256, rewritten=number)
                )
            changed += count
        await asyncio.to_thread(self._remove_predecessors, await self._archives())
        return changed

    def _remove_predecessors(self, archives: Sequence[Archive]) -> None:
        """Files that were rewritten, also by an erasure that was broken off."""
        known = {archive.file for archive in archives}
        for archive in archives:
            if archive.rewritten:
                span = file_name(archive.meeting_id, archive.first_sequence, archive.last_sequence, "*")
                for path in (*self._archive.glob(span), *self._archive.glob(span.replace(".*", ""))):
                    if str(path.relative_to(self._archive)) not in known:
                        path.unlink()

    async def _archives(self) -> list[Archive]:
        question = select(*(getattr(ArchiveRow, name) for name in Archive.model_fields)).order_by(ArchiveRow.file)
        async with translated(), self._engine.connect() as connection:
            return [Archive.model_validate(row) for row in await connection.execute(question)]


async def _erase_window(connection: AsyncConnection, person: _Person, start: int, end: int) -> int:
    columns = (
        MeetingLogRow.event_id,
        MeetingLogRow.meeting_id,
        MeetingLogRow.participant_id,
        MeetingLogRow.type,
        MeetingLogRow.payload,
    )
    rows = await connection.execute(
        select(*columns).where(MeetingLogRow.position.between(start, end), MeetingLogRow.type.in_(personal_types()))
    )
    changes = [
        {"changed_id": row["event_id"], "changed_payload": payload}
        for row in rows.mappings()
        if (payload := person.without({**row})) is not None
    ]
    if changes:
        statement = (
            update(MeetingLogRow)
            .where(MeetingLogRow.event_id == bindparam("changed_id"))
            .values(payload=bindparam("changed_payload", type_=MeetingLogRow.__table__.c.payload.type))
        )
        await connection.execute(statement, changes)
    return len(changes)


def _rewrite(source: Path, target: Path, person: _Person) -> tuple[int, Sealed] | None:
    """Into a new file where there is something of theirs; how many events it was of."""
    changed = sum(person.without(event) is not None for event in read_events(source))
    if not changed:
        return None
    draft = Draft(target)
    try:
        for event in read_events(source):
            payload = person.without(event)
            draft.add([event if payload is None else event | {"payload": payload}])
        return changed, draft.seal()
    except BaseException:
        draft.discard()
        raise

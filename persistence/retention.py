"""Old events leave the log for compressed files (EVT-11)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final

import structlog
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .archive_file import Draft, Sealed
from .archived_events import note_archived
from .database import translated, writing
from .emitter import Emitter
from .errors import ArchiveDamagedError
from .events import SERVER_LOG, MeetingStarted, RetentionArchived
from .tables import ArchiveRow, MeetingLogRow, MeetingRow, MeetingStatus, WebhookEndpointRow

FILE_EVENTS: Final = 20_000
"""In one file, and so dropped in one transaction."""

PAGE: Final = 1_000
MEETINGS: Final = 100
MAX_FILES: Final = 100_000
"""Of one meeting, which would be two thousand million events."""

log = structlog.get_logger(__name__)


class Archive(BaseModel):
    """A file of old events. `file` is a path below the archive's directory, `oldest` and `newest` are their times."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    file: str
    meeting_id: str
    first_sequence: int
    last_sequence: int
    events: int
    bytes: int
    sha256: str
    oldest: datetime
    newest: datetime
    archived_at: datetime
    rewritten: int = 0


class Retention:
    """Only the beginning of a meeting's log is ever taken, so what stays is dense from there on.

    A file is written, synced, read back and compared with what was written before one row is dropped; the rows and the
    file's entry in `archives` change in one transaction. A crash in between leaves a file without an entry, which the
    next run replaces. Projections stay as they are. One node at a time (`Leases`).
    """

    def __init__(
        self, engine: AsyncEngine, emitter: Emitter, directory: Path, *, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._emitter = emitter
        self._directory = directory
        self._clock = clock

    async def run(self, older_than: timedelta, *, within_s: float) -> tuple[list[Archive], bool]:
        """What was archived, and whether that was all there is; it stops after about `within_s`, and at least one file.

        Raises `UnavailableError` without a database, `ArchiveDamagedError` or `OSError` when the disk cannot be
        trusted; then nothing more is dropped.
        """
        cutoff, deadline = self._clock() - older_than, monotonic() + within_s
        made: list[Archive] = []
        async for meeting_id in self._meetings_before(cutoff):
            while (span := await self._span(meeting_id, cutoff)) is not None:
                if made and monotonic() >= deadline:
                    return made, False
                made.append(await self._archive(meeting_id, *span))
        return made, True

    async def archives(self, *, meeting_id: str | None = None, after: str = "", limit: int = 100) -> list[Archive]:
        """In the order of their names, beyond `after`."""
        question = select(*(getattr(ArchiveRow, name) for name in Archive.model_fields)).where(ArchiveRow.file > after)
        if meeting_id is not None:
            question = question.where(ArchiveRow.meeting_id == meeting_id)
        async with translated(), self._engine.connect() as connection:
            rows = await connection.execute(question.order_by(ArchiveRow.file).limit(limit))
            return [Archive.model_validate(row) for row in rows]

    async def totals(self) -> tuple[int, int, int]:
        """Files, events and bytes."""
        question = select(func.count(), func.sum(ArchiveRow.events), func.sum(ArchiveRow.bytes))
        async with translated(), self._engine.connect() as connection:
            files, events, size = (await connection.execute(question.select_from(ArchiveRow))).one()
        return files, int(events or 0), int(size or 0)

    async def _meetings_before(self, cutoff: datetime) -> AsyncIterator[str]:
        last = ""
        while True:
            async with translated(), self._engine.connect() as connection:
                found = await connection.scalars(meetings_before(cutoff, last))
                ids: list[str] = list(found)
            for meeting_id in ids:
                yield meeting_id
            if len(ids) < MEETINGS:
                return
            last = ids[-1]

    async def _span(self, meeting_id: str, cutoff: datetime) -> tuple[int, int] | None:
        """The first events that are all old: from the first there is to the one before the first young one."""
        of_this = MeetingLogRow.meeting_id == meeting_id
        lowest, highest = func.min(MeetingLogRow.sequence), func.max(MeetingLogRow.sequence)
        async with translated(), self._engine.connect() as connection:
            first, last = (await connection.execute(select(lowest, highest).where(of_this))).one()
            young = await connection.scalar(select(lowest).where(of_this, MeetingLogRow.timestamp >= cutoff))
            begun = await connection.scalar(
                select(func.max(MeetingLogRow.sequence))
                .join(MeetingRow, MeetingRow.id == MeetingLogRow.meeting_id)
                .where(
                    of_this, MeetingLogRow.type == MeetingStarted.type, MeetingRow.status == MeetingStatus.IN_PROGRESS
                )
            )
            if first is None:
                return None
            behind = await _first_untold(connection, meeting_id, last)
        # A room that is live comes back from its last run after a restart, however long that has lasted.
        kept_from = min(found for found in (young, begun, behind, last + 1) if found is not None)
        return (first, min(kept_from - 1, first + FILE_EVENTS - 1)) if first < kept_from else None

    async def _archive(self, meeting_id: str, first: int, last: int) -> Archive:
        known = {archive.file for archive in await self.archives(meeting_id=meeting_id, limit=MAX_FILES)}
        await asyncio.to_thread(_remove_leftovers, self._directory, meeting_id, known)
        number = sum(1 for file in known if file.startswith(f"{meeting_id}/{first:012d}-"))
        file = file_name(meeting_id, first, last, number)
        draft = await asyncio.to_thread(Draft, self._directory / file)
        try:
            ids, oldest, newest = await self._write(draft, meeting_id, first, last)
            sealed = await asyncio.to_thread(draft.seal)
        except BaseException:
            await asyncio.to_thread(draft.discard)
            raise
        archive = Archive(
            file=file,
            meeting_id=meeting_id,
            first_sequence=first,
            last_sequence=last,
            events=sealed.events,
            bytes=sealed.bytes,
            sha256=sealed.sha256,
            oldest=oldest,
            newest=newest,
            archived_at=self._clock(),
        )
        await self._emitter.emit(SERVER_LOG, _fact(archive, sealed))
        await self._drop(archive, ids)
        log.info("events archived", file=file, events=archive.events, bytes=archive.bytes)
        return archive

    async def _write(
        self, draft: Draft, meeting_id: str, first: int, last: int
    ) -> tuple[list[str], datetime, datetime]:
        """Everything the log knows of these events, also what their types withhold.

        Answers their ids, and the times of the oldest and the newest.
        """
        columns = MeetingLogRow.__table__.columns
        ids: list[str] = []
        times: list[datetime] = []
        after = first - 1
        while after < last:
            question = (
                select(*columns)
                .where(MeetingLogRow.meeting_id == meeting_id, MeetingLogRow.sequence.between(after + 1, last))
                .order_by(MeetingLogRow.sequence)
                .limit(PAGE)
            )
            async with translated(), self._engine.connect() as connection:
                rows: Sequence[Any] = (await connection.execute(question)).mappings().all()
            if not rows:
                break
            await asyncio.to_thread(draft.add, [dict(row) for row in rows])
            ids += [row["event_id"] for row in rows]
            moments = [row["timestamp"] for row in rows]
            times += [min(moments), max(moments)]
            after = rows[-1]["sequence"]
        return ids, min(times), max(times)

    async def _drop(self, archive: Archive, ids: Sequence[str]) -> None:
        of_file = (
            MeetingLogRow.meeting_id == archive.meeting_id,
            MeetingLogRow.sequence.between(archive.first_sequence, archive.last_sequence),
        )
        async with translated(), writing(self._engine).begin() as connection:
            await connection.execute(insert(ArchiveRow).values(**archive.model_dump()))
            await note_archived(connection, ids)
            await connection.execute(
                update(MeetingRow)
                .where(MeetingRow.id == archive.meeting_id)
                .values(archived_through=archive.last_sequence)
            )
            dropped = await connection.execute(delete(MeetingLogRow).where(*of_file))
            if dropped.rowcount != archive.events:
                raise ArchiveDamagedError("the log changed while it was archived")


def meetings_before(cutoff: datetime, last: str) -> Select[str]:
    """The next meetings beyond `last` with something that old: a step down an index for each, which every event need
    not pay for with one of its time alone.
    """
    old = select(MeetingLogRow.meeting_id).where(
        MeetingLogRow.meeting_id == MeetingRow.id, MeetingLogRow.timestamp < cutoff
    )
    return select(MeetingRow.id).where(MeetingRow.id > last, old.exists()).order_by(MeetingRow.id).limit(MEETINGS)


async def _first_untold(connection: AsyncConnection, meeting_id: str, last: int) -> int | None:
    """The meeting's first event that some endpoint has still to be told of: it reads the log, and no files."""
    told = await connection.scalar(select(func.min(WebhookEndpointRow.cursor)).where(WebhookEndpointRow.enabled))
    of_this = MeetingLogRow.meeting_id == meeting_id
    # Within a meeting, places grow with sequence: mostly the last has been told, and nothing is looked for.
    newest = await connection.scalar(select(MeetingLogRow.position).where(of_this, MeetingLogRow.sequence == last))
    if told is None or newest is None or newest <= told:
        return None
    log.warning("archiving waits for a webhook endpoint", meeting_id=meeting_id, told=told)
    untold = select(MeetingLogRow.sequence).where(of_this, MeetingLogRow.position > told)
    return await connection.scalar(untold.order_by(MeetingLogRow.sequence).limit(1))


def _fact(archive: Archive, sealed: Sealed) -> RetentionArchived:
    return RetentionArchived(
        archived_meeting_id=archive.meeting_id,
        file=archive.file,
        first_sequence=archive.first_sequence,
        last_sequence=archive.last_sequence,
        events=sealed.events,
        bytes=sealed.bytes,
        sha256=sealed.sha256,
    )


def file_name(meeting_id: str, first: int, last: int, number: int | str) -> str:
    """`number` tells apart files of the same span: a meeting made anew with an old id, or a file that was rewritten."""
    return f"{meeting_id}/{first:012d}-{last:012d}{f'.{number}' if number else ''}.ndjson.gz"


def _remove_leftovers(directory: Path, meeting_id: str, known: Collection[str]) -> None:
    """Of a run that ended between writing a file and dropping what is in it."""
    for path in (directory / meeting_id).glob("*.ndjson.gz*"):
        if f"{meeting_id}/{path.name}" not in known:
            path.unlink()

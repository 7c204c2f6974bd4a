"""A meeting's events from the first on: those that were archived out of their files, the others out of the log."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from .archive_file import checksum, read_events
from .errors import ArchiveDamagedError
from .events import Event
from .log_rows import EVENT_COLUMNS
from .tables import ArchiveRow, MeetingLogRow, MeetingRow


class WholeLog:
    def __init__(self, directory: Path | None) -> None:
        """`directory` is that of the archive, None where there is none."""
        self._directory = directory

    async def after(
        self, connection: AsyncConnection, meeting_id: str, sequence: int, *, limit: int
    ) -> list[tuple[int, Event]]:
        """What follows a number, with the numbers: up to `limit` events, or one file of them; none at the end.

        Raises `ArchiveDamagedError` for a file that is not there or not what it was.
        """
        question = (
            select(MeetingLogRow.sequence, *EVENT_COLUMNS)
            .where(MeetingLogRow.meeting_id == meeting_id, MeetingLogRow.sequence > sequence)
            .order_by(MeetingLogRow.sequence)
            .limit(limit)
        )
        rows = (await connection.execute(question)).mappings().all()
        if rows and rows[0]["sequence"] == sequence + 1:
            return [_read(row) for row in rows]
        cut = await connection.scalar(select(MeetingRow.archived_through).where(MeetingRow.id == meeting_id))
        if cut is None or cut <= sequence:
            return [_read(row) for row in rows]
        file, digest = await _find_file(connection, meeting_id, sequence + 1)
        archived = await asyncio.to_thread(self._read_file, file, digest)
        return [_read(row) for row in archived if row["sequence"] > sequence]

    def _read_file(self, file: str, digest: str) -> list[dict[str, Any]]:
        if self._directory is None:
            raise ArchiveDamagedError(f"{file} is in an archive, and it was not said where that is")
        path = self._directory / file
        try:
            if checksum(path) != digest:
                raise ArchiveDamagedError(f"{file} is not what was archived")
            return list(read_events(path))
        except FileNotFoundError as error:
            raise ArchiveDamagedError(f"{file} is not in the archive") from error


async def _find_file(connection: AsyncConnection, meeting_id: str, sequence: int) -> tuple[str, str]:
    """The newest that holds that number: a meeting made anew with an old id has files of both."""
    row = (
        await connection.execute(
            select(ArchiveRow.file, ArchiveRow.sha256)
            .where(
                ArchiveRow.meeting_id == meeting_id,
                ArchiveRow.first_sequence <= sequence,
                ArchiveRow.last_sequence >= sequence,
            )
            .order_by(ArchiveRow.archived_at.desc())
            .limit(1)
        )
    ).first()
    if row is None:
        raise ArchiveDamagedError(f"no file is known to hold event {sequence}")
    return row.file, row.sha256


def _read(row: Any) -> tuple[int, Event]:
    return row["sequence"], Event.parse({name: row[name] for name in Event.model_fields})

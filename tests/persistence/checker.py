"""What must hold of a record after any fault: what was acknowledged is there, once, and nothing nobody sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from pathlib import Path

from sqlalchemy import select, text

from persistence.archive_file import checksum, read_events
from persistence.store import Store
from persistence.tables import FailedEventRow, MeetingLogRow


async def check_record(
    store: Store,
    *,
    acknowledged: set[str],
    intended: set[str] | None = None,
    set_aside: Collection[str] = (),
    archive: Path | None = None,
) -> int:
    """Returns how many events are stored. `intended`: every id anybody tried to send, where that is known.

    `set_aside`: ids of what could not be applied; `archive`: where the files are of what has left the log.
    """
    await store.flush()
    rows = await _archived(store, archive) if archive is not None else []
    async with store._engine.connect() as connection:
        columns = select(MeetingLogRow.event_id, MeetingLogRow.meeting_id, MeetingLogRow.sequence)
        rows += [tuple(row) for row in await connection.execute(columns)]
        assert sorted(await connection.scalars(select(FailedEventRow.event_id))) == sorted(set_aside)
        if connection.dialect.name == "sqlite":
            assert await connection.scalar(text("PRAGMA integrity_check")) == "ok"
    times = Counter(event_id for event_id, _, _ in rows)
    assert not acknowledged - times.keys() - set(set_aside), "acknowledged and lost"
    assert set(times.values()) <= {1}, "stored twice"
    if intended is not None:
        assert times.keys() <= intended, "stored and never sent"
    sequences = defaultdict(list)
    for _, meeting_id, sequence in rows:
        sequences[meeting_id].append(sequence)
    for found in sequences.values():
        assert sorted(found) == list(range(1, len(found) + 1)), "a hole in the sequence"
    return len(rows)


async def _archived(store: Store, archive: Path) -> list[tuple[str, str, int]]:
    """What the files that are known hold, each of which is what it was when it was written."""
    found = []
    for one in await store.retention(archive).archives(limit=10_000):
        assert checksum(archive / one.file) == one.sha256, "an archive file is another"
        found += [(line["event_id"], line["meeting_id"], line["sequence"]) for line in read_events(archive / one.file)]
    return found

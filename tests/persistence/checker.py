"""What must hold of a record after any fault: what was acknowledged is there, once, and nothing nobody sent."""

from __future__ import annotations

from collections import Counter, defaultdict

from sqlalchemy import select, text

from persistence.store import Store
from persistence.tables import FailedEventRow, MeetingLogRow


async def check_record(store: Store, *, acknowledged: set[str], intended: set[str] | None = None) -> int:
    """Returns how many events are stored. `intended`: every id anybody tried to send, where that is known."""
    await store.flush()
    async with store._engine.connect() as connection:
        columns = select(MeetingLogRow.event_id, MeetingLogRow.meeting_id, MeetingLogRow.sequence)
        rows = (await connection.execute(columns)).all()
        assert (await connection.execute(select(FailedEventRow.error))).all() == []
        if connection.dialect.name == "sqlite":
            assert await connection.scalar(text("PRAGMA integrity_check")) == "ok"
    times = Counter(row.event_id for row in rows)
    assert not acknowledged - times.keys(), "acknowledged and lost"
    assert set(times.values()) <= {1}, "stored twice"
    if intended is not None:
        assert times.keys() <= intended, "stored and never sent"
    sequences = defaultdict(list)
    for row in rows:
        sequences[row.meeting_id].append(row.sequence)
    for found in sequences.values():
        assert sorted(found) == list(range(1, len(found) + 1)), "a hole in the sequence"
    return len(rows)

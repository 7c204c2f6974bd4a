"""Many rows in one statement leave what they would leave one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from persistence import many_rows
from persistence.database import writing
from persistence.many_rows import ARRAYS_FROM, put_rows
from persistence.projections import counter, meeting, participant, state, track
from persistence.tables import MeetingCounterRow, MeetingRow, ParticipantSessionRow, ParticipantStateRow

DAWN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = st.sampled_from(["ann", "bob", "cleo", 'odd "name", {in} \\ braces', "名前", "NULL", ""])
MOMENTS = st.integers(0, 5).map(lambda seconds: DAWN + timedelta(seconds=seconds, microseconds=seconds))
ROWS = {
    state._span: (
        ParticipantStateRow,
        {"state": st.sampled_from(["audio", "hand"]), "participant_id": NAMES, "at": MOMENTS, "event_id": NAMES,
         "is_on": st.booleans()},
    ),
    counter._added_up: (
        MeetingCounterRow,
        {"type": NAMES, "total": st.integers(1, 2**40), "first_at": MOMENTS, "last_at": MOMENTS},
    ),
    participant._departure: (
        ParticipantSessionRow,
        {"participant_id": NAMES, "user_id": NAMES, "left_at": MOMENTS, "left_event_id": NAMES,
         "left_reason": st.none() | NAMES},
    ),
}  # fmt: skip


async def _left_by(connection: AsyncConnection, table: Any, write: Any, rows: Sequence[dict[str, Any]]) -> list[Any]:
    await connection.execute(delete(table))
    half = len(rows) // 2
    for some in (rows[:half], rows[half:]):
        if some:
            await put_rows(connection, write, some)
    return [tuple(row) for row in await connection.execute(select(table.__table__).order_by(*table.__table__.c))]


@pytest.mark.parametrize("write", ROWS, ids=lambda write: write.__name__)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_lists_of_columns_leave_what_rows_one_by_one_leave(
    migrated: AsyncEngine, write: Any, data: st.DataObject
) -> None:
    table, columns = ROWS[write]
    rows = data.draw(st.lists(st.fixed_dictionaries({"meeting_id": st.just("m"), **columns}), min_size=1, max_size=30))
    async with writing(migrated).connect() as connection:
        meeting_row = {"id": "m", "title": "", "created_at": DAWN, "updated_at": DAWN}
        await connection.execute(insert(MeetingRow), meeting_row)
        left = []
        for least in (1, 10_000):
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(many_rows, "ARRAYS_FROM", least)
                left.append(await _left_by(connection, table, write, rows))
        await connection.rollback()
    assert left[0] == left[1]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_many_rows_are_one_statement_and_rows_that_meet_are_not(migrated: AsyncEngine) -> None:
    executed: list[bool] = []
    apart = [
        {"meeting_id": "m", "state": "hand", "participant_id": f"p{n}", "at": DAWN, "event_id": "e", "is_on": True}
        for n in range(ARRAYS_FROM)
    ]
    async with writing(migrated).connect() as connection:
        await connection.execute(insert(MeetingRow), {"id": "m", "title": "", "created_at": DAWN, "updated_at": DAWN})
        event.listen(migrated.sync_engine, "before_cursor_execute", lambda *told: executed.append(told[-1]))
        await put_rows(connection, state._span, apart)
        await put_rows(connection, state._span, [*apart, apart[0]])
        await connection.rollback()
    assert executed == [False, True]


@pytest.mark.parametrize(
    "write",
    [state._span, counter._added_up, counter._done, meeting._happened, participant._arrival, participant._departure,
     track._added, track._removed],
    ids=lambda write: write.__name__,
)  # fmt: skip
def test_rows_that_are_apart_by_their_key_are_apart_where_they_may_conflict(write: Any) -> None:
    """Else one statement would change a row twice, which PostgreSQL refuses."""
    made = write("postgresql")
    conflict = made._post_values_clause
    named = conflict.inferred_target_elements
    keys = {column.name for column in made.table.primary_key}
    assert named is None or {getattr(each, "name", each) for each in named} == keys

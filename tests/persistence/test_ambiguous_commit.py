"""A commit whose answer is lost may have happened or not: the ids tell (EVT-3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from persistence.events import AudioMuted
from persistence.store import Store

from .checker import check_record
from .conftest import QUICK
from .database_path import DatabasePath
from .story import event

CUTS = 5


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_commit_whose_answer_is_lost_is_neither_lost_nor_doubled(
    troubled: tuple[str, DatabasePath], tmp_path: Path
) -> None:
    url, path = troubled
    store = await Store.open(url, tmp_path, options=QUICK)
    try:
        sent = set()
        for number in range(CUTS):
            path.cuts = 1
            told = [event(number * 10 + part, AudioMuted(), actor="p") for part in range(10)]
            await store.emitter.deliver(told)
            sent |= {one.event_id for one in told}
            await store.flush()
        assert path.cut == CUTS
        assert await check_record(store, acknowledged=sent, intended=sent) == CUTS * 10
        assert store.metrics()["events_duplicate_total"] == CUTS * 10
    finally:
        await store.close()

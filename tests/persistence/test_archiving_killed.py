"""Killed at any moment of archiving, every event is in the log or in one file, and in one of them alone."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from persistence.events import Event, HandRaised
from persistence.store import Store, new_event_id

from .checker import check_record

EVENTS = 2_000
KILLS = 5


def archive_until_killed(url: str, data_dir: Path, archive: Path, lines: int) -> None:
    command = [sys.executable, "-m", "tests.persistence.archivist", url, str(data_dir), str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as archivist:
        assert archivist.stdout is not None
        for _ in range(lines):
            archivist.stdout.readline()
        archivist.kill()


async def bring_old(url: str, data_dir: Path) -> list[str]:
    store = await Store.open(url, data_dir)
    events = [
        Event.of(
            HandRaised(),
            event_id=new_event_id(),
            meeting_id="m",
            participant_id="p",
            timestamp=datetime.now(UTC) - timedelta(days=100),
        )
        for _ in range(EVENTS)
    ]
    for start in range(0, EVENTS, 500):
        await store.emitter.deliver(events[start : start + 500])
    await store.close()
    return [event.event_id for event in events]


@pytest.mark.slow
async def test_kill_9_while_archiving_loses_no_event_and_keeps_none_twice(url: str, tmp_path: Path) -> None:
    data_dir, archive = tmp_path / "node", tmp_path / "archive"
    ids = await bring_old(url, data_dir)
    for kill in range(KILLS):
        archive_until_killed(url, data_dir, archive, lines=3 + 5 * kill)
    store = await Store.open(url, data_dir)
    try:
        archives = await store.retention(archive).archives(limit=1000)
        assert len(archives) >= KILLS
        await check_record(store, acknowledged=set(ids), archive=archive)
        archived = sum(one.events for one in archives)
        rest, finished = await store.retention(archive).run(timedelta(days=90), within_s=60)
        assert finished
        assert archived + sum(one.events for one in rest) == EVENTS
        await check_record(store, acknowledged=set(ids), archive=archive)
    finally:
        await store.close()

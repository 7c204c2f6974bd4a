"""Killed at any moment, the store has every event it acknowledged, once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from persistence.store import Store

from .checker import check_record

KILLS = 4


def run_until_killed(url: str, data_dir: Path, lines: int) -> set[str]:
    """The ids of the events that were acknowledged before the kill."""
    command = [sys.executable, "-m", "tests.persistence.storm", url, str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as storm:
        assert storm.stdout is not None
        seen = [storm.stdout.readline() for _ in range(lines)]
        storm.kill()
        seen += storm.stdout.readlines()
    return {line.strip() for line in seen if line.endswith("\n") and len(line) == 37}


async def test_kill_9_loses_no_acknowledged_event_and_doubles_none(url: str, tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    for round_ in range(KILLS):
        acknowledged |= run_until_killed(url, tmp_path, lines=200 + 700 * round_)
    assert len(acknowledged) > 200
    store = await Store.open(url, tmp_path)
    try:
        assert await check_record(store, acknowledged=acknowledged) >= len(acknowledged)
    finally:
        await store.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_the_storm_outruns_the_database(url: str, tmp_path: Path) -> None:
    """Else the kills above would never find events that are only in the journal."""
    run_until_killed(url, tmp_path, lines=3000)
    store = await Store.open(url, tmp_path)
    try:
        assert store.metrics()["journal_backlog_bytes"] > 0
    finally:
        await store.close()

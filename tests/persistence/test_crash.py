"""Killed at any moment, the store has every event it acknowledged, once, and none that nobody sent.

`FOLKMOOT_KILLS=500` makes it five hundred kills for each database.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random

import pytest

from persistence.store import Store

from .checker import check_record
from .storm import OPTIONS, Storm

KILLS = int(os.environ.get("FOLKMOOT_KILLS", "15"))
LIVES_S = 0.4
"""Each is killed at a random moment of so long: one in three from its birth, while it opens and repairs what the one
before left, the others from its first word, while it writes, rotates and applies."""

CHECK_EVERY = 25


@pytest.mark.timeout(60 + 4 * KILLS)
async def test_kill_9_loses_no_acknowledged_event_and_doubles_none(url: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("FOLKMOOT_SEED", time.time_ns() % 1_000_000))
    print("seed", seed)
    rng = Random(seed)
    storm = Storm(url, tmp_path / "node", tmp_path / "notes")
    for kill in range(1, KILLS + 1):
        words = storm.words()
        process = storm.start()
        from_birth = rng.random() < 1 / 3
        while not from_birth and storm.words() == words and process.is_alive():
            process.join(0.01)
        process.join(rng.uniform(0, LIVES_S))
        assert process.is_alive(), "it died by itself"
        process.kill()
        process.join()
        if kill % CHECK_EVERY == 0 or kill == KILLS:
            await check_notes(storm)


async def check_notes(storm: Storm) -> None:
    store = await Store.open(storm.url, storm.data_dir, options=OPTIONS)
    try:
        acknowledged = storm.acknowledged()
        assert len(acknowledged) > 100
        stored = await check_record(store, acknowledged=acknowledged, intended=storm.intended())
        print(stored, "stored of", len(storm.intended()), "intended,", len(acknowledged), "acknowledged")
    finally:
        await store.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_the_storm_outruns_the_database(url: str, tmp_path: Path) -> None:
    """Else the kills above would never find events that are only in the journal."""
    storm = Storm(url, tmp_path / "node", tmp_path / "notes")
    process = storm.start()
    while len(storm.acknowledged()) < 500:
        process.join(0.05)
    process.kill()
    process.join()
    store = await Store.open(url, storm.data_dir, options=OPTIONS)
    try:
        assert store.metrics()["journal_backlog_bytes"] > 0
    finally:
        await store.close()

"""A power cut keeps what was synced and anything of the rest: what was acknowledged must be in what was synced."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from persistence.errors import StoreClosedError
from persistence.events import HandRaised
from persistence.journal import Disk, Journal, JournalLimits
from persistence.journal_entry import encode_events
from persistence.store import Store

from .checker import check_record
from .conftest import QUICK
from .story import event

LIMITS = JournalLimits(max_bytes=1 << 20, segment_bytes=512)
CALLERS = 6


class Platter:
    """A disk that knows what it has really kept. At the given call of write or sync the power fails."""

    def __init__(self, journal: Path, remains: Path, fails_at: int, rng: Random) -> None:
        self._journal = journal
        self._remains = remains
        self._fails_at = fails_at
        self._rng = rng
        self._calls = 0
        self._synced: dict[int, int] = {}  # bytes by inode
        self.intended: set[str] = set()
        self.acknowledged: set[str] = set()
        self.when_it_failed: set[str] | None = None

    def write(self, fd: int, data: bytes) -> int:
        self._count()
        # Not all of it at once, as the kernel may.
        return os.write(fd, data[: self._rng.randint(1, len(data))])

    def sync(self, fd: int) -> None:
        self._count()
        os.fdatasync(fd)
        found = os.fstat(fd)
        self._synced[found.st_ino] = found.st_size

    def _count(self) -> None:
        self._calls += 1
        if self._calls == self._fails_at:
            self._fail()

    def _fail(self) -> None:
        """What is there after the power is back: of bytes that were not synced some, none, or rubbish."""
        shutil.copytree(self._journal, self._remains)
        for path in self._journal.glob("*.journal"):
            synced, data = self._synced.get(path.stat().st_ino, 0), bytearray(path.read_bytes())
            for place in range(synced, len(data)):
                if self._rng.random() < 0.05:
                    data[place] = self._rng.choice((0, 255, data[place]))
            kept = self._rng.choice((synced, len(data), self._rng.randint(synced, len(data))))
            (self._remains / path.name).write_bytes(data[:kept])
        # Whatever had its answer by now had it before this call: the journal's thread is in it.
        self.when_it_failed = set(self.acknowledged)


async def open_journal(directory: Path, disk: Disk) -> Journal:
    loop = asyncio.get_running_loop()
    journal = await asyncio.to_thread(Journal.open, directory, limits=LIMITS, loop=loop, disk=disk)
    journal.recover(0)
    return journal


@pytest.mark.parametrize("seed", range(40))
async def test_what_was_acknowledged_survives_a_power_cut(tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    directory, remains = tmp_path / "journal", tmp_path / "node" / "journal"
    platter = Platter(directory, remains, rng.randint(2, 120), rng)
    journal = await open_journal(directory, Disk(platter.write, platter.sync))

    async def call(caller: int) -> None:
        number = 0
        while platter.when_it_failed is None:
            number += 1
            raised = event(caller * 10_000 + number, HandRaised(), meeting=f"m{caller}", actor="p")
            platter.intended.add(raised.event_id)
            await journal.append(encode_events([raised] * rng.randint(1, 3)))
            platter.acknowledged.add(raised.event_id)

    with suppress(StoreClosedError):
        await asyncio.gather(*(call(caller) for caller in range(CALLERS)))
    await journal.close()
    assert platter.when_it_failed is not None

    options = replace(QUICK, journal=LIMITS)
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'folkmoot.db'}", remains.parent, options=options)
    try:
        await check_record(store, acknowledged=platter.when_it_failed, intended=platter.intended)
        await store.emitter.emit("m0", HandRaised(), participant_id="p")
        await store.flush()
    finally:
        await store.close()

"""A store on a disk that fills up and is emptied again: `python -m tests.persistence.full_disk DIRECTORY`.

Run where it may mount: the directory becomes a file system of three megabytes, seen by this process alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from persistence.errors import JournalFailedError, StoreBehindError
from persistence.events import AudioMuted, Event
from persistence.journal import JournalLimits
from persistence.store import Store, StoreOptions
from persistence.writer import WriterOptions
from tests.support.eventually import eventually

from .checker import check_record
from .story import event

SIZE = "3m"
OPTIONS = StoreOptions(
    writer=WriterOptions(batch_delay_s=60, retry_base_s=0.01, retry_cap_s=0.1),
    journal=JournalLimits(max_bytes=1 << 20, segment_bytes=1 << 16),
    read_wait_s=0.5,
)


class Ballast:
    """Takes all the room there is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> None:
        with self._path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))

    def drop(self) -> None:
        self._path.unlink()


class Speaker:
    """Emits, and remembers what it meant and what was acknowledged."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.intended: set[str] = set()
        self.acknowledged: set[str] = set()

    async def say(self) -> None:
        number = len(self.intended) + 1
        said: Event = event(number, AudioMuted(), meeting=f"m{number % 3}", actor="p")
        self.intended.add(said.event_id)
        await self._store.emitter.deliver([said])
        self.acknowledged.add(said.event_id)


async def live_through(directory: Path) -> None:
    url = f"sqlite+aiosqlite:///{directory / 'folkmoot.db'}"
    store, ballast = await Store.open(url, directory, options=OPTIONS), Ballast(directory / "ballast")
    speaker = Speaker(store)
    try:
        for _ in range(200):
            await speaker.say()
        ballast.load()
        await expect_refusal(store, speaker)
        ballast.drop()
        # Nobody emits, as behind a balancer that sends nobody to a node that is not ready.
        await eventually(lambda: is_ready(store), "ready again")
        for _ in range(200):
            await speaker.say()
        await check_record(store, acknowledged=speaker.acknowledged, intended=speaker.intended)
    finally:
        await store.close()
    again = await Store.open(url, directory, options=OPTIONS)
    try:
        stored = await check_record(again, acknowledged=speaker.acknowledged, intended=speaker.intended)
    finally:
        await again.close()
    print(stored, "stored,", len(speaker.acknowledged), "acknowledged,", len(speaker.intended), "intended")


async def expect_refusal(store: Store, speaker: Speaker) -> None:
    """In words, by journal and database, and with nothing acknowledged that is not there."""
    refusals = []
    for _ in range(200):  # what is left of the last page may still take a few
        try:
            await speaker.say()
        except JournalFailedError as error:
            refusals.append((error.code, str(error)))
    assert set(refusals) == {("UNAVAILABLE", "the event could not be written to disk")}
    assert "No space left" in (await store.ready() or "")
    with pytest.raises(StoreBehindError):
        await store.flush()
    counted = store.measures().labelled
    assert counted["database_errors_total"].counts["resources"] > 0
    assert counted["events_refused_total"].counts["disk"] == len(refusals) > 100


async def is_ready(store: Store) -> bool:
    return await store.ready() is None


def main() -> None:
    directory = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(directory)], check=True)
    asyncio.run(live_through(directory))


if __name__ == "__main__":
    main()

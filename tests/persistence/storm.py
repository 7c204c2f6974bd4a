"""Emits events as fast as it can and says which were acknowledged, until somebody kills it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from persistence.events import AudioMuted, AudioUnmuted
from persistence.journal import JournalLimits
from persistence.store import Store, StoreOptions


async def emit_for_ever(store: Store, meeting: str) -> None:
    while True:
        events = await store.emitter.emit(meeting, AudioMuted(), AudioUnmuted(), participant_id="p")
        os.write(1, "".join(f"{event.event_id}\n" for event in events).encode())


async def main(url: str, data_dir: Path) -> None:
    options = StoreOptions(journal=JournalLimits(max_bytes=8 << 20, segment_bytes=1 << 16))
    store = await Store.open(url, data_dir, options=options)
    async with asyncio.TaskGroup() as tasks:
        for number in range(8):
            tasks.create_task(emit_for_ever(store, f"m{number}"))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))

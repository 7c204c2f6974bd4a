"""Archives small files as fast as it can and says each time that it did, until somebody kills it."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

from persistence import retention
from persistence.store import Store


async def main(url: str, data_dir: Path, archive: Path) -> None:
    retention.FILE_EVENTS = 20  # type: ignore[misc] # small, so that a kill finds every step of many
    store = await Store.open(url, data_dir)
    keeper = store.retention(archive)
    finished = False
    while not finished:
        _, finished = await keeper.run(timedelta(days=90), within_s=0)
        os.write(1, b"archived\n")
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))

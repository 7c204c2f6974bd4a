"""A process that emits events as fast as it can, until somebody kills it. What it meant and what it was promised is in
a file: a kill takes nothing of what was written there."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path

from persistence.events import AudioMuted, Event, ParticipantJoined, ParticipantLeft, Payload
from persistence.journal import JournalLimits
from persistence.store import Store, StoreOptions, new_event_id, utc_now
from persistence.writer import WriterOptions

CALLERS = 8
PAUSE_S = 0.004
"""Between the calls of one caller: the database stays behind, and not for minutes."""

OPTIONS = StoreOptions(
    writer=WriterOptions(batch_events=64, batch_delay_s=0.02),
    journal=JournalLimits(max_bytes=8 << 20, segment_bytes=1 << 16),
    read_wait_s=60,
)


@dataclass(frozen=True)
class Storm:
    """Where the storm rages, and where it writes down what it does."""

    url: str
    data_dir: Path
    notes: Path

    def start(self) -> multiprocessing.process.BaseProcess:
        """Starts in a few milliseconds: from a server that has everything imported."""
        context = multiprocessing.get_context("forkserver")
        assert isinstance(context, ForkServerContext)
        context.set_forkserver_preload([__name__])
        process = context.Process(target=self.rage, daemon=True)
        process.start()
        return process

    def words(self) -> int:
        """Grows with all that is noted."""
        return self.notes.stat().st_size if self.notes.exists() else 0

    def intended(self) -> set[str]:
        return self._noted("?")

    def acknowledged(self) -> set[str]:
        return self._noted("!")

    def rage(self) -> None:
        asyncio.run(self._rage())

    async def _rage(self) -> None:
        notes = os.open(self.notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        store = await Store.open(self.url, self.data_dir, options=OPTIONS)
        async with asyncio.TaskGroup() as callers:
            for number in range(CALLERS):
                callers.create_task(self._call(store, f"m{number}", notes))

    async def _call(self, store: Store, meeting: str, notes: int) -> None:
        while True:
            for payload in (_JOINED, AudioMuted(), _LEFT):
                events = [_event(meeting, payload), _event(meeting, AudioMuted())]
                _note(notes, "?", events)
                await store.emitter.deliver(events)
                _note(notes, "!", events)
                await asyncio.sleep(PAUSE_S)

    def _noted(self, mark: str) -> set[str]:
        if not self.notes.exists():
            return set()
        return {line[1:] for line in self.notes.read_text().splitlines() if line.startswith(mark)}


_JOINED = ParticipantJoined(user_id="ann", display_name="Ann", role="host")
_LEFT = ParticipantLeft(user_id="ann", reason="left")


def _event(meeting: str, payload: Payload) -> Event:
    return Event.of(
        payload, event_id=new_event_id(), meeting_id=meeting, participant_id=f"{meeting}-p", timestamp=utc_now()
    )


def _note(notes: int, mark: str, events: list[Event]) -> None:
    os.write(notes, "".join(f"{mark}{event.event_id}\n" for event in events).encode())

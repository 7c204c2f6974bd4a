"""Who speaks, told to everybody in the room, kept in the record, and given the best picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from persistence.events import DominantSpeakerChanged
from sfu.events import AudioLevels
from sfu.speakers import Floor
from signaling.messages import catalogue
from signaling.messages.media import SpeakerChanged

if TYPE_CHECKING:
    from signaling.facts import Facts
    from signaling.participant import Participant
    from signaling.ranks import Ranks
    from signaling.rooms import Registry, Room

HEARD_FOR_S: Final = 0.4
"""Workers of a spread room tell by turns, each every 250 ms: what one told holds until its next turn is overdue."""
TICK_S: Final = 0.5
"""Silence is not told of: rooms where somebody has the floor are looked at so often."""


@dataclass(slots=True)
class _Watch:
    """Over one room."""

    floor: Floor = field(default_factory=Floor)
    heard_at: float = 0.0
    """When levels came last."""
    heard: dict[int, tuple[float, dict[str, float]]] = field(default_factory=dict)
    """What each worker of the room told last, and when."""
    told: Participant | None = None
    """Whom everybody was told of; the room forgets those who leave, and still their floor has to be given up."""


class Speaking:
    """Judges each room by its microphones. `run` notices silence."""

    def __init__(
        self, ranks: Ranks, registry: Registry, facts: Facts, clock: Callable[[], float] | None = None
    ) -> None:
        self._ranks = ranks
        self._registry = registry
        self._facts = facts
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._watches: dict[Room, _Watch] = {}
        """Only rooms where something was heard, so bounded by the rooms there are."""

    def take(self, event: AudioLevels) -> None:
        room = self._registry.get(event.room_id)
        if room is None:
            return
        levels = {
            name: float(level)
            for name, level in event.levels.items()
            if (producer := room.producers.get(name)) is not None and producer.source == "microphone"
        }
        self._hear(room, levels, event.worker)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            self._notice_silence(self._clock())

    def _hear(self, room: Room, levels: dict[str, float], worker: int | None = None) -> None:
        now = self._clock()
        watch = self._watches.get(room)
        if watch is None:
            if not levels:
                return
            watch = self._watches[room] = _Watch()
        watch.heard_at = now
        if worker is not None:
            watch.heard[worker] = (now, levels)
        watch.heard = {of: told for of, told in watch.heard.items() if now - told[0] < HEARD_FOR_S}
        levels = {name: level for _, told in watch.heard.values() for name, level in told.items()}
        floor = watch.floor
        producer = room.producers.get(floor.speaker) if floor.speaker is not None else None
        is_silent = floor.speaker is not None and (producer is None or producer.paused)
        gone = is_silent and floor.forget(floor.speaker or "")
        if floor.hear(levels, now) or gone:
            producer = room.producers.get(floor.speaker) if floor.speaker is not None else None
            before, watch.told = watch.told, producer.owner if producer is not None else None
            self._change(room, before, watch.told)

    def _change(self, room: Room, before: Participant | None, after: Participant | None) -> None:
        if before is after:
            return
        room.speaker = after
        room.tell(catalogue.SPEAKER_CHANGED, SpeakerChanged(participant_id=after.id if after is not None else None))
        fact = DominantSpeakerChanged(previous=before.id if before is not None else None)
        self._facts.note(room.id, fact, after.id if after is not None else None)
        for participant in (before, after):
            if participant is not None:
                self._ranks.refresh(participant)

    def _notice_silence(self, now: float) -> None:
        for room, watch in list(self._watches.items()):
            if room.closed:
                del self._watches[room]
            elif now - watch.heard_at >= TICK_S:
                self._hear(room, {})
                if watch.told is None:
                    del self._watches[room]

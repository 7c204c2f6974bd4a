"""Which worker gets a new room: the least loaded (REQUIREMENTS SFU-1). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sfu.events import WorkerLoad
from sfu.slot import Slot

ROOM_WEIGHT = 0.02
"""What a room counts as share of a core, until its media shows in the load."""
PACKETS_PER_CORE = 400_000.0
"""Packets a second, in and out, that fill a core. A worker that the machine gives too little time to looks idle by its
processor share; its packets tell."""


def load_share(load: WorkerLoad | None) -> float:
    """Of one core: what was measured or what its packets cost, whichever is more. 0 before the first report."""
    if load is None:
        return 0.0
    return max(load.cpu, load.packet_rate / PACKETS_PER_CORE)


def score(slot: Slot) -> float:
    return load_share(slot.load) + ROOM_WEIGHT * len(slot.rooms)


def least_loaded(slots: Iterable[Slot], apart_from: Collection[str] = ()) -> Slot | None:
    """The running slot to place a room in; None when none runs.

    `apart_from` are rooms it should not share a worker with: those that fell together with it, one of which may have
    been the cause.
    """
    apart = frozenset(apart_from)
    running = [slot for slot in slots if slot.running]
    return min(running, key=lambda slot: (len(slot.rooms & apart), score(slot), slot.index), default=None)

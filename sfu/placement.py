"""Which worker gets a new room, and which a newcomer of a room (REQUIREMENTS SFU-1). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sfu.events import WorkerLoad
from sfu.slot import Slot

ROOM_WEIGHT = 0.02
"""What a room counts as share of a core, until its media shows in the load."""
PACKETS_PER_CORE = 400_000.0
"""Packets a second, in and out, that fill a core. A worker that the machine gives too little time to looks idle by its
processor share; its packets tell."""
LOAD_STEPS = 20
"""Loads that differ by less than a twentieth of a core are the same: the fewer transports decide."""


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


class SpreadLimits(NamedTuple):
    """A worker with this share of a core in use, or this many transports, takes no newcomer while another can."""

    cpu: float
    transports: int


def has_room(slot: Slot, limits: SpreadLimits) -> bool:
    return slot.running and load_share(slot.load) < limits.cpu and slot.transports < limits.transports


def place_participant(slots: Iterable[Slot], home: Slot, present: Sequence[Slot], limits: SpreadLimits) -> Slot:
    """Where a newcomer's transports go: the room's home while it has room.

    Else the least loaded of the workers the room is present on, since each further one costs a pipe for every producer
    that is watched there; then of the others; and when all are full the least loaded of all.
    """
    if has_room(home, limits):
        return home
    running = [slot for slot in slots if slot.running]
    free = [slot for slot in running if has_room(slot, limits)]
    joined = [slot for slot in free if slot in present]
    return min(joined or free or running, key=_business, default=home)


def _business(slot: Slot) -> tuple[int, int, int]:
    return int(load_share(slot.load) * LOAD_STEPS), slot.transports, slot.index

"""Where a newcomer of a room goes when its home is full."""

from __future__ import annotations

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from sfu.events import WorkerLoad
from sfu.placement import SpreadLimits, has_room, place_participant
from sfu.slot import Slot
from sfu.worker_process import WorkerProcess
from tests.sfu.modelled_worker import ModelledWorker

LIMITS = SpreadLimits(cpu=0.6, transports=100)


def slot(index: int, *, cpu: float = 0.0, transports: int = 0) -> Slot:
    made = Slot(index)
    made.process = cast("WorkerProcess", ModelledWorker(index, lambda: 0))
    made.load = WorkerLoad(**dict.fromkeys(WorkerLoad.__struct_fields__, 0) | {"cpu": cpu, "drops": {}})
    made.transports = transports
    return made


def test_a_room_stays_at_home_while_that_has_room_however_idle_the_others_are() -> None:
    home, idle = slot(0, cpu=0.59, transports=99), slot(1)
    assert place_participant([home, idle], home, [home], LIMITS) is home


def test_a_busy_home_sends_newcomers_to_the_least_loaded_other() -> None:
    home, busy, idle = slot(0, cpu=0.6), slot(1, cpu=0.5), slot(2, cpu=0.1)
    assert place_participant([home, busy, idle], home, [home], LIMITS) is idle


def test_many_transports_fill_a_home_before_its_load_shows() -> None:
    home, idle = slot(0, transports=100), slot(1)
    assert place_participant([home, idle], home, [home], LIMITS) is idle


def test_a_worker_the_room_is_on_already_is_filled_before_another_is_begun() -> None:
    home, joined, idle = slot(0, cpu=0.9), slot(1, cpu=0.5), slot(2)
    assert place_participant([home, joined, idle], home, [home, joined], LIMITS) is joined


def test_when_all_are_full_the_least_loaded_takes_the_newcomer() -> None:
    home, other = slot(0, cpu=0.7), slot(1, cpu=0.9)
    assert place_participant([home, other], home, [home], LIMITS) is home


def test_without_a_threshold_newcomers_take_turns() -> None:
    slots = [slot(0), slot(1), slot(2)]
    placed = []
    for _ in range(6):
        chosen = place_participant(slots, slots[0], slots, SpreadLimits(cpu=0.6, transports=0))
        chosen.transports += 2
        placed.append(chosen.index)
    assert placed == [0, 1, 2, 0, 1, 2]


def test_the_only_worker_takes_everybody() -> None:
    home = slot(0, cpu=1.0, transports=5000)
    assert place_participant([home], home, [home], LIMITS) is home


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 200)), min_size=1, max_size=6), st.integers(0, 5))
def test_nobody_is_sent_to_a_full_worker_while_another_has_room(loads: list[tuple[float, int]], home: int) -> None:
    slots = [slot(index, cpu=cpu, transports=transports) for index, (cpu, transports) in enumerate(loads)]
    at_home = slots[home % len(slots)]
    chosen = place_participant(slots, at_home, [at_home], LIMITS)
    assert has_room(chosen, LIMITS) or not any(has_room(each, LIMITS) for each in slots)

"""Who gets a room, how long a replacement waits, which room is parked: the rules alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from sfu.backoff import Backoff, Pauses
from sfu.deaths import Deaths
from sfu.events import WorkerLoad
from sfu.placement import PACKETS_PER_CORE, least_loaded
from sfu.routing import Routing
from sfu.slot import Slot
from sfu.worker_process import WorkerProcess


def slot(index: int, *, cpu: float = 0.0, packet_rate: float = 0.0, rooms: tuple[str, ...] = ()) -> Slot:
    made = Slot(index)
    made.process = cast("WorkerProcess", SimpleNamespace(serving=True))
    made.load = WorkerLoad(cpu, packet_rate, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {})
    made.rooms = set(rooms)
    return made


def test_a_room_goes_to_the_worker_with_the_least_processor_share() -> None:
    assert chosen(slot(0, cpu=0.5), slot(1, cpu=0.2)) == 1


def test_among_idle_workers_a_room_goes_where_fewest_are() -> None:
    assert chosen(slot(0, rooms=("a", "b")), slot(1, rooms=("c",))) == 1


def test_packets_tell_of_a_worker_that_got_no_processor() -> None:
    assert chosen(slot(0, cpu=0.1, packet_rate=0.8 * PACKETS_PER_CORE), slot(1, cpu=0.5)) == 1


def test_a_worker_that_does_not_run_gets_nothing() -> None:
    down = slot(0)
    down.process = None
    assert chosen(down, slot(1, cpu=1.0)) == 1
    assert least_loaded([down]) is None


def test_rooms_that_fell_together_are_put_apart() -> None:
    assert chosen(slot(0, rooms=("fell",)), slot(1, cpu=0.9), apart_from=("fell",)) == 1


def chosen(*slots: Slot, apart_from: tuple[str, ...] = ()) -> int:
    found = least_loaded(slots, apart_from)
    assert found is not None
    return found.index


def test_a_lost_worker_takes_its_rooms_out_of_the_table() -> None:
    routing, first, second = Routing(), slot(0), slot(1)
    routing.pin("b", first)
    routing.pin("a", first)
    routing.pin("c", second)
    assert [room.id for room in routing.lose(first)] == ["a", "b"]
    assert routing.home("a") is None
    assert not first.rooms
    assert routing.home("c") is second


def test_one_death_is_no_crash_loop_and_a_row_of_them_waits_ever_longer() -> None:
    backoff = Backoff(Pauses(first_s=0.2, longest_s=1.0, steady_s=30.0))
    assert [backoff.died_after(0.0) for _ in range(6)] == [0.0, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert backoff.died_after(31.0) == 0.0


@given(st.lists(st.floats(0, 100), max_size=200))
def test_no_pause_is_longer_than_the_longest(lives: list[float]) -> None:
    backoff = Backoff(Pauses())
    assert all(0.0 <= backoff.died_after(lived_s) <= Pauses().longest_s for lived_s in lives)


def test_a_room_is_parked_after_its_third_death_within_the_window() -> None:
    deaths = Deaths(deaths=3, window_s=60.0)
    for now in (0.0, 20.0):
        deaths.note(["poison"], now)
        assert not deaths.parked("poison", now)
    deaths.note(["poison", "by-stander"], 40.0)
    assert deaths.parked("poison", 40.0)
    assert not deaths.parked("by-stander", 40.0)
    assert not deaths.parked("poison", 60.0)


def test_deaths_far_apart_park_nobody() -> None:
    deaths = Deaths(deaths=3, window_s=60.0)
    for now in (0.0, 61.0, 122.0, 183.0):
        deaths.note(["room"], now)
        assert not deaths.parked("room", now)


def test_rooms_that_fell_suspect_each_other_and_nobody_else() -> None:
    deaths = Deaths(window_s=60.0)
    deaths.note(["a", "b"], 0.0)
    assert deaths.suspects("a", 1.0) == {"b"}
    assert deaths.suspects("newcomer", 1.0) == set()
    assert deaths.suspects("a", 60.0) == set()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30)), max_size=100))
def test_old_deaths_are_forgotten(story: list[tuple[int, int]]) -> None:
    deaths, now = Deaths(window_s=60.0), 0.0
    for room, later in story:
        now += later
        deaths.note([f"room-{room}"], now)
    deaths.note([], now + 60.0)
    assert len(deaths) == 0

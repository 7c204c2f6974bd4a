"""The pipes between workers: made once, shared, taken down, and never left half made."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from sfu.commands import AddPipe, MediaError
from sfu.pipes import KEY_BYTES, Pipes
from sfu.slot import Slot
from sfu.worker.pipe import Pipe, pipe_host, wanted_bits
from sfu.worker_process import WorkerProcess
from tests.sfu.modelled_worker import ModelledWorker


def worker_of(slot: Slot) -> ModelledWorker:
    return cast("ModelledWorker", slot.process)


@pytest.fixture
def slots() -> list[Slot]:
    made = [Slot(index) for index in range(3)]
    for slot in made:
        slot.process = cast("WorkerProcess", ModelledWorker(slot.index, lambda: 2))
    return made


async def test_all_who_need_a_way_between_two_workers_share_one(slots: list[Slot]) -> None:
    pipes = Pipes()
    one, other, _ = slots
    taken = await asyncio.gather(pipes.take(one, other), pipes.take(other, one), pipes.take(one, other))
    assert len({pipe.id for pipe in taken}) == len(pipes) == 1
    assert worker_of(one).pipes == worker_of(other).pipes == {taken[0].id}


async def test_a_pipe_goes_some_time_after_its_last_user(slots: list[Slot]) -> None:
    pipes = Pipes()
    one, other, _ = slots
    for _ in range(2):
        pipe = await pipes.take(one, other)
    pipes.release(pipe, 10.0)
    await pipes.sweep(100.0, 5.0)
    pipes.release(pipe, 100.0)
    await pipes.sweep(104.0, 5.0)
    assert len(pipes) == 1
    await pipes.sweep(105.0, 5.0)
    assert len(pipes) == 0
    assert worker_of(one).pipes == worker_of(other).pipes == set()


@pytest.mark.parametrize("refusing", [0, 1])
async def test_a_pipe_that_one_end_refuses_leaves_nothing_at_the_other(slots: list[Slot], refusing: int) -> None:
    pipes = Pipes()
    worker_of(slots[refusing]).refusing.add(AddPipe)
    with pytest.raises(MediaError) as refusal:
        await pipes.take(slots[0], slots[1])
    assert refusal.value.code == "UNAVAILABLE"
    assert worker_of(slots[0]).pipes == worker_of(slots[1]).pipes == set()
    assert (await pipes.take(slots[0], slots[1])).users == 1


async def test_a_dead_workers_pipes_are_taken_down_before_its_successor_gets_new_ones(slots: list[Slot]) -> None:
    pipes = Pipes()
    one, other, _ = slots
    lost = await pipes.take(one, other)
    worker_of(one).die()
    pipes.lose(one)
    one.process = cast("WorkerProcess", ModelledWorker(one.index, lambda: 2))
    fresh = await pipes.take(one, other)
    assert fresh.id != lost.id
    assert worker_of(one).pipes == worker_of(other).pipes == {fresh.id}


async def test_each_direction_of_each_pipe_has_a_key_of_its_own(slots: list[Slot]) -> None:
    keys: list[bytes] = []

    def new_key(count: int) -> bytes:
        keys.append(bytes([len(keys)]) * count)
        return keys[-1]

    pipes = Pipes(new_key)
    await pipes.take(slots[0], slots[1])
    await pipes.take(slots[0], slots[2])
    assert len(set(keys)) == 4
    assert {len(key) for key in keys} == {KEY_BYTES}


def test_workers_reach_each_other_by_loopback_or_by_the_one_address_they_have() -> None:
    hosts = [pipe_host(address) for address in ("0.0.0.0", "::", "192.0.2.7", "2001:db8::7")]  # noqa: S104
    assert hosts == ["127.0.0.1", "[::1]", "192.0.2.7", "[2001:db8::7]"]


def test_ssrcs_of_a_pipe_only_rise_and_run_out_at_the_end() -> None:
    pipe = Pipe(1, "pipe")
    assert [pipe.new_ssrcs(3), pipe.new_ssrcs(1)] == [[1, 2, 3], [4]]
    pipe._ssrcs = iter([0xFFFFFFFE])
    with pytest.raises(MediaError):
        pipe.new_ssrcs(2)


def test_wanted_layers_are_bits_lowest_first_and_no_more_than_there_can_be() -> None:
    assert [wanted_bits(layers) for layers in ([], [True], [True, False, True])] == [0, 1, 5]
    assert wanted_bits([True] * 20) == 255

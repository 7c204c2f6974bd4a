"""What the collector of cycles looks at while the server serves: not the program itself, and never much at a time."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from server import memory


class Loop:
    """Two of them hold each other: only the collector finds that nobody else does."""

    def __init__(self) -> None:
        self.other: Loop | None = None


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_a_full_collection_looks_only_at_what_came_since_and_still_finds_garbage() -> None:
    count = len(gc.get_objects())
    memory.settle()
    assert len(gc.get_objects()) < count / 10
    garbage = []
    for _ in range(1000):
        one, two = Loop(), Loop()
        one.other, two.other = two, one
        garbage.append(weakref.ref(one))
    del one, two
    gc.collect()
    assert not any(loop() for loop in garbage)


def test_however_many_come_no_collection_on_the_way_looks_at_more_than_a_few_hundredths_of_a_second_take() -> None:
    memory.settle()
    looked_at: list[int] = []

    def begin(phase: str, told: dict[str, int]) -> None:
        if phase == "start":
            looked_at.append(sum(len(gc.get_objects(age)) for age in range(told["generation"] + 1)))

    gc.callbacks.append(begin)
    try:
        people = [[object()] for _ in range(200_000)]
    finally:
        gc.callbacks.remove(begin)
    assert len(people) == 200_000
    assert len(looked_at) > 50
    assert max(looked_at) < 30_000

"""What the program itself is made of is not looked through while it serves."""

from __future__ import annotations

import gc

from server import memory


class Loop:
    """Two of them hold each other: only the collector finds that nobody else does."""

    def __init__(self) -> None:
        self.other: Loop | None = None


def test_a_full_collection_looks_only_at_what_came_since_and_still_finds_garbage() -> None:
    before = gc.get_threshold()
    count = len(gc.get_objects())
    try:
        memory.settle()
        assert len(gc.get_objects()) < count / 10
        for _ in range(1000):
            one, two = Loop(), Loop()
            one.other, two.other = two, one
        assert gc.collect() >= 1000
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)

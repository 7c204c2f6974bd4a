"""Case 54: a meeting that is closed for everybody while everybody comes."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.signaling.test_orphans import Lives

COMING = range(4, 54)


@pytest.mark.parametrize("seed", range(5))
def test_a_room_closed_twice_while_fifty_people_join_leaves_nobody_half_in(seed: int) -> None:
    """Whoever was in first closes it, and so does one of those who opened it again: tables and record balance."""
    lives, chance = Lives(), random.Random(seed)

    async def slow_disk() -> None:
        for _ in range(chance.randrange(60)):
            await asyncio.sleep(0)

    try:
        lives.begin()
        lives.store.emitter.before = slow_disk
        before = len(lives.asked)
        for person in COMING:
            lives.ask(person, "room:join", meeting_id="one")
            lives.ask(person, "transport:create", direction="send", sctp=True)
            if person == 24:
                lives.ask(0, "room:close")
            if person == 30:
                lives.ask(person, "room:close")
            lives.run(seed)
        lives.settle()
        lives.nobody_is_answered_twice()
        answers = [answer for each in lives.asked[before:] for answer in each.answers]
        assert len(answers) == len(lives.asked) - before
        assert lives.store.emitter.types("one").count("meeting.ended") == 2
        assert [answer for answer in answers if getattr(answer, "code", None) == "UNAVAILABLE"], "some were amid it"
    finally:
        lives.teardown()

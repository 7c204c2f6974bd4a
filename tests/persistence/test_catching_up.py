"""Questions about one meeting wait for what happened in it, and for nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from persistence.catching_up import MANY, LastFacts
from persistence.errors import StoreBehindError
from persistence.events import ParticipantBlocked
from persistence.store import Store, StoreOptions
from persistence.writer import WriterOptions


def test_a_meeting_in_which_nothing_happened_is_known_as_far_as_the_start() -> None:
    facts = LastFacts(100, applied=lambda: 0)
    facts.note("lively", 250)
    facts.note("lively", 200)
    assert facts.position("quiet") == 100
    assert facts.position("lively") == 250


def test_meetings_that_are_in_the_database_are_forgotten_when_there_are_many() -> None:
    applied = 0
    facts = LastFacts(0, applied=lambda: applied)
    for n in range(MANY):
        facts.note(f"old {n}", n + 1)
    applied = MANY
    facts.note("new", MANY + 1)
    assert len(facts) == 1
    assert facts.position("new") == MANY + 1


async def test_only_who_asks_about_the_meeting_waits_for_its_facts(tmp_path: Path) -> None:
    """The database is as good as away: nothing is applied before the store closes."""
    options = StoreOptions(writer=WriterOptions(batch_delay_s=60), read_wait_s=0.05)
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/d.db", tmp_path, options=options)
    store._writer.caught_up = _never_further_than(store._writer.position)  # type: ignore[method-assign]
    await store.emitter.emit("lively", ParticipantBlocked(user_id="eve", display_name="Eve"), participant_id="ada")
    assert await store.blocks.of("quiet") == {}
    with pytest.raises(StoreBehindError):
        await store.blocks.of("lively")
    with pytest.raises(StoreBehindError):
        await store.flush()
    await store.close()


def _never_further_than(position: int):  # type: ignore[no-untyped-def]  # stands in for a method
    async def caught_up(wanted: int, *, within_s: float) -> None:  # noqa: ARG001
        if wanted > position:
            raise StoreBehindError("the database is behind; try again")

    return caught_up

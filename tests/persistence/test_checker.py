"""The checker finds what it is there to find."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from persistence.database import writing
from persistence.events import AudioMuted, AudioUnmuted
from persistence.store import Store

from .checker import check_record
from .story import event

TOLD = [event(number, AudioMuted(), actor="p") for number in range(1, 6)]
IDS = {one.event_id for one in TOLD}


async def test_a_whole_record_passes(store: Store) -> None:
    await store.emitter.deliver(TOLD)
    assert await check_record(store, acknowledged=IDS, intended=IDS) == len(TOLD)


@pytest.mark.parametrize(
    ("loss", "complaint"),
    [
        ("DELETE FROM meeting_logs WHERE sequence = 5", "acknowledged and lost"),
        ("UPDATE meeting_logs SET sequence = 9 WHERE sequence = 3", "a hole in the sequence"),
    ],
)
async def test_what_is_lost_is_found(store: Store, loss: str, complaint: str) -> None:
    await store.emitter.deliver(TOLD)
    await store.flush()
    async with writing(store._engine).begin() as connection:
        await connection.execute(text(loss))
    with pytest.raises(AssertionError, match=complaint):
        await check_record(store, acknowledged=IDS, intended=IDS)


async def test_what_nobody_sent_and_what_was_set_aside_is_found(store: Store) -> None:
    await store.emitter.deliver(TOLD)
    with pytest.raises(AssertionError, match="never sent"):
        await check_record(store, acknowledged=set(), intended=IDS - {TOLD[0].event_id})
    await store.emitter.deliver([event(1, AudioUnmuted(), actor="p")])
    with pytest.raises(AssertionError):
        await check_record(store, acknowledged=IDS)

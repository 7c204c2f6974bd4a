"""What happens by itself reaches the record in order, and a record that stands still costs nobody their memory."""

from __future__ import annotations

import asyncio

from persistence.errors import InvalidEventError
from persistence.events import AudioMuted, AudioUnmuted, Payload, VideoMuted
from signaling.facts import BATCH, Facts


class Kept:
    """A record that may be held up."""

    def __init__(self) -> None:
        self.types: list[str] = []
        self.calls = 0
        self.refused: set[str] = set()
        self.kept: asyncio.Queue[tuple[str, str | None]] = asyncio.Queue()
        self.free = asyncio.Event()
        self.free.set()

    async def emit(
        self, meeting_id: str, *facts: Payload | tuple[Payload, str | None], participant_id: str | None = None
    ) -> object:
        await self.free.wait()
        self.calls += 1
        for fact in facts:
            payload, actor = fact if isinstance(fact, tuple) else (fact, participant_id)
            if payload.type in self.refused:
                raise InvalidEventError("not this one")
        for fact in facts:
            payload, actor = fact if isinstance(fact, tuple) else (fact, participant_id)
            self.types.append(payload.type)
            self.kept.put_nowait((meeting_id, actor))


async def test_facts_are_recorded_in_the_order_noted() -> None:
    record = Kept()
    facts = Facts(record)
    facts.note("m", AudioMuted())
    facts.note("m", VideoMuted(), "p")
    facts.note("m", AudioUnmuted())
    await facts.drain()
    assert record.types == ["audio.muted", "video.muted", "audio.unmuted"]


async def test_facts_of_a_meeting_that_wait_together_are_recorded_together() -> None:
    record = Kept()
    facts = Facts(record)
    for _ in range(BATCH):
        facts.note("m", AudioMuted(), "p")
    facts.note("m", AudioUnmuted(), "p")
    await facts.drain()
    assert record.calls == 2
    assert record.types == ["audio.muted"] * BATCH + ["audio.unmuted"]


async def test_a_fact_that_is_refused_costs_no_other_its_place() -> None:
    record = Kept()
    record.refused = {"video.muted"}
    facts = Facts(record)
    facts.note("m", AudioMuted(), "p")
    facts.note("m", VideoMuted(), "p")
    facts.note("m", AudioUnmuted(), "p")
    await facts.drain()
    assert record.types == ["audio.muted", "audio.unmuted"]
    assert facts.dropped == {"video.muted": 1}


async def test_facts_beyond_the_capacity_are_dropped_and_counted_by_type() -> None:
    record = Kept()
    record.free.clear()
    facts = Facts(record, capacity=2)
    for _ in range(5):
        facts.note("m", AudioMuted())
    facts.note("m", VideoMuted())
    assert facts.dropped == {"audio.muted": 3, "video.muted": 1}
    record.free.set()
    await facts.drain()
    assert record.types == ["audio.muted"] * 2


async def test_a_running_keeper_takes_what_is_noted_later() -> None:
    record = Kept()
    facts = Facts(record, linger_s=0)
    keeper = asyncio.create_task(facts.run())
    for _ in range(3):
        facts.note("m", AudioMuted(), "p")
        assert await record.kept.get() == ("m", "p")
    keeper.cancel()
    assert record.types == ["audio.muted"] * 3

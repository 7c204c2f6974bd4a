"""Who speaks is told to everybody, kept in the record, and ranked in everybody's bandwidth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from persistence.events import DominantSpeakerChanged
from sfu import commands as c
from sfu.events import AudioLevels
from signaling.counters import Counters
from signaling.facts import Facts
from signaling.ranks import SPEAKER_PRIORITY, WAITING_LIMIT, Ranks
from signaling.speaking import TICK_S, Speaking
from tests.signaling.conftest import Client, Node

LOUD = 100
QUIET = 64


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Talk:
    """A judge with a clock of its own over the rooms of a node."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.clock = Clock()
        self.facts = Facts(node.store.emitter)
        self.counters = Counters()
        self.ranks = Ranks(node.media, self.counters)
        self.speaking = Speaking(self.ranks, node.registry, self.facts, self.clock)

    def hear(self, seconds: float, *producers: str) -> None:
        for _ in range(round(seconds / 0.25)):
            self.clock.now += 0.25
            self.speaking.take(AudioLevels("daily", dict.fromkeys(producers, LOUD)))

    def hear_spread(self, seconds: float, *workers: dict[str, int]) -> None:
        """Each worker tells what it hears every 250 ms, one after the other."""
        for _ in range(round(seconds / 0.25)):
            for worker, levels in enumerate(workers):
                self.clock.now += 0.25 / len(workers)
                self.speaking.take(AudioLevels("daily", levels, worker))

    async def recorded(self) -> list[tuple[str | None, str | None]]:
        """Speaker and the one before."""
        await self.facts.drain()
        events = [(who, fact) for _, _, who, fact in self.node.record.facts if isinstance(fact, DominantSpeakerChanged)]
        return [(who, fact.previous) for who, fact in events]


@asynccontextmanager
async def running(part: Speaking | Ranks) -> AsyncIterator[None]:
    task = asyncio.create_task(part.run())
    yield
    task.cancel()
    await asyncio.wait([task])


async def pair(node: Node) -> tuple[Client, Client]:
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob")
    for person in (ada, bob):
        await person.join("daily")
    return ada, bob


async def test_everybody_hears_who_has_the_floor_and_newcomers_are_told(node: Node) -> None:
    ada, bob = await pair(node)
    talk, voice = Talk(node), await ada.produce("microphone")
    talk.hear(2, voice)
    told = await bob.told("speaker:changed")
    assert await ada.told("speaker:changed") == told
    room = node.registry.snapshot_of("daily")
    assert room is not None
    assert room["speaker"] == told["participant_id"]
    cleo = await node.connect("cleo")
    assert (await cleo.ask("room:join", meeting_id="daily"))["speaker"] == told["participant_id"]
    assert await talk.recorded() == [(told["participant_id"], None)]


async def test_a_muted_speaker_loses_the_floor_at_the_next_look(node: Node) -> None:
    ada, bob = await pair(node)
    talk, voice = Talk(node), await ada.produce("microphone")
    talk.hear(2, voice)
    speaker = (await bob.told("speaker:changed"))["participant_id"]
    await ada.ask("producer:pause", producer_id=voice)
    talk.hear(0.25)
    assert await talk.recorded() == [(speaker, None), (None, speaker)]


async def test_a_speaker_who_leaves_gives_the_floor_up_in_words_and_in_the_record(node: Node) -> None:
    ada, bob = await pair(node)
    talk, voice = Talk(node), await ada.produce("microphone")
    talk.hear(2, voice)
    speaker = (await bob.told("speaker:changed"))["participant_id"]
    await ada.ask("room:leave")
    talk.hear(0.25)
    assert await talk.recorded() == [(speaker, None), (None, speaker)]
    await node.until(lambda: bob.names().count("speaker:changed") == 2)


async def test_silence_that_nobody_tells_of_is_noticed(node: Node) -> None:
    ada, _ = await pair(node)
    talk, voice = Talk(node), await ada.produce("microphone")
    talk.hear(2, voice)
    await ada.ask("producer:pause", producer_id=voice)
    async with running(talk.speaking):
        talk.clock.now += TICK_S
        await node.until(lambda: node.registry.snapshot()[0]["speaker"] is None)


async def test_sound_of_a_shared_screen_is_no_speaker(node: Node) -> None:
    ada, bob = await pair(node)
    talk = Talk(node)
    await ada.ask("screen:start")
    talk.hear(3, await ada.produce("screen_audio"))
    assert "speaker:changed" not in bob.names()
    assert await talk.recorded() == []


async def test_the_camera_of_the_speaker_is_ranked_first(node: Node) -> None:
    ada, bob = await pair(node)
    talk, voice, camera = Talk(node), await ada.produce("microphone"), await ada.produce("camera")
    other = await bob.produce("microphone")
    theirs = await bob.produce("camera")

    def ranks() -> list[tuple[str, int]]:
        asked = [command for command in node.media.asked if isinstance(command, c.SetProducerPriority)]
        return [(command.producer_id, command.priority) for command in asked]

    async with running(talk.ranks):
        talk.hear(3, voice)
        await node.until(lambda: ranks() == [(camera, SPEAKER_PRIORITY)])
        await ada.ask("producer:pause", producer_id=voice)
        talk.hear(4, other)
        await node.until(lambda: ranks()[1:] == [(camera, 0), (theirs, SPEAKER_PRIORITY)])


async def test_microphones_on_several_workers_are_judged_together(node: Node) -> None:
    ada, bob = await pair(node)
    talk, hers, his = Talk(node), await ada.produce("microphone"), await bob.produce("microphone")
    talk.hear_spread(0.75, {hers: LOUD}, {his: QUIET})
    speaker = (await bob.told("speaker:changed"))["participant_id"]
    talk.hear_spread(5, {hers: LOUD}, {his: QUIET})
    assert await talk.recorded() == [(speaker, None)]
    room = node.registry.get("daily")
    assert room is not None
    assert room.speaker is room.producers[hers].owner


async def test_a_worker_that_fell_silent_holds_no_floor(node: Node) -> None:
    ada, _ = await pair(node)
    talk, hers = Talk(node), await ada.produce("microphone")
    talk.hear_spread(2, {hers: LOUD}, {})
    talk.hear_spread(6, {}, {})
    (taken, _), (given_up, previous) = await talk.recorded()
    assert (given_up, previous) == (None, taken)


async def test_a_camera_that_begins_while_its_owner_has_the_floor_is_ranked(node: Node) -> None:
    ada, _ = await pair(node)
    Talk(node).hear(2, await ada.produce("microphone"))
    camera = await ada.produce("camera")
    ranked = c.SetProducerPriority("daily", camera, SPEAKER_PRIORITY)
    await node.until(lambda: ranked in node.media.asked)


async def test_ranks_beyond_the_queue_are_counted(node: Node) -> None:
    ada, _ = await pair(node)
    talk, voice = Talk(node), await ada.produce("microphone")
    camera = node.registry.get("daily").producers[await ada.produce("camera")]  # type: ignore[union-attr]
    talk.hear(2, voice)
    for _ in range(WAITING_LIMIT):
        talk.ranks.began(camera)
    assert talk.counters.ranks_dropped == {"queue_full": 1}

"""Whatever people do, in whatever order and at once: workers hold what somebody consumes, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from config.rtc import RtcSettings
from sfu import commands as cmd
from sfu.backoff import Pauses
from sfu.commands import MediaError
from sfu.deaths import Deaths
from sfu.events import ProducerLayersWanted
from sfu.fleet import Fleet
from sfu.slot import Slot
from sfu.supervision import Timing
from sfu.worker_process import WorkerProcess
from tests.sfu.modelled_worker import ModelledWorker

ROOM = "room"
WORKERS = 3
SPREAD = RtcSettings(workers=WORKERS, spread_transports=0)
PATIENT = Timing(silence_s=1e6, pauses=Pauses(first_s=0.0, longest_s=0.0, steady_s=1e6))
REFUSABLE = (cmd.AddPipe, cmd.PipeOut, cmd.PipeIn, cmd.Consume, cmd.OpenRoom, cmd.CreateTransport)


class ModelledFleet(Fleet):
    """All of the fleet but the processes."""

    def __init__(self, seed: int) -> None:
        super().__init__(SPREAD, PATIENT, Deaths(deaths=10**6))
        self.workers_ever: list[ModelledWorker] = []
        self._random = Random(seed)

    async def _launch(self, slot: Slot) -> WorkerProcess:
        worker = ModelledWorker(slot.index, lambda: self._random.randrange(4))
        self.workers_ever.append(worker)
        return cast("WorkerProcess", worker)

    def running(self) -> dict[int, ModelledWorker]:
        return {slot.index: cast("ModelledWorker", slot.process) for slot in self._slots if slot.process is not None}

    async def tidied(self) -> None:
        """As it is long after everybody stopped."""
        await self._leftovers.clear_all()
        for hours in (1, 2):
            await self._spread.sweep(asyncio.get_running_loop().time() + 3600 * hours)


PEOPLE = 5
people = st.integers(0, PEOPLE - 1)
choices = st.integers(0, 1000)
turns = st.integers(0, 15)
workers = st.integers(0, WORKERS - 1)


class Meetings(RuleBasedStateMachine):
    """What is asked runs beside all that was asked before: a rule waits for a few turns of the loop only."""

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.loop = asyncio.new_event_loop()
        self.fleet = ModelledFleet(seed)
        self.names = 0
        self.sending = [""] * PEOPLE
        self.receiving = [""] * PEOPLE
        self.producers: list[str] = []
        self.consumers: list[str] = []
        self.doing: list[asyncio.Task[Any]] = []
        self.run(self.fleet.start())
        self.run(self.fleet.open_room(ROOM))
        for person in range(PEOPLE):
            self.join(person, turns=50)
            self.produce(person, turns=50)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def name(self, kind: str) -> str:
        self.names += 1
        return f"{kind}{self.names}"

    def ask(self, *commands: cmd.Command[Any], turns: int, told: Callable[[], None] | None = None) -> None:
        """`told` is called once all was done: before that nobody knows the id of what was made."""

        async def one_after_the_other() -> None:
            with contextlib.suppress(MediaError):
                for command in commands:
                    await self.fleet.ask(command)
                if told is not None:
                    told()

        async def some_turns() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)

        self.doing.append(self.loop.create_task(one_after_the_other()))
        self.run(some_turns())

    @rule(person=people, turns=turns)
    def join(self, person: int, turns: int) -> None:
        send, receive = self.sending[person], self.receiving[person] = self.name("send"), self.name("receive")
        asked = [(send, "send"), (receive, "recv")]
        who = f"person{person}"
        self.ask(*(cmd.CreateTransport(ROOM, name, way, participant_id=who) for name, way in asked), turns=turns)  # type: ignore[arg-type]  # the two words

    @rule(person=people, turns=turns)
    def produce(self, person: int, turns: int) -> None:
        name = self.name("producer")
        command = cmd.Produce(ROOM, self.sending[person], name, "video", {})
        self.ask(command, turns=turns, told=lambda: self.producers.append(name))

    @rule(person=people, which=choices, turns=turns)
    def consume(self, person: int, which: int, turns: int) -> None:
        name = self.name("consumer")
        producer = self.producers[which % len(self.producers)]
        command = cmd.Consume(ROOM, self.receiving[person], name, producer, {})
        self.ask(command, turns=turns, told=lambda: self.consumers.append(name))

    @rule(which=choices, turns=turns)
    def close_consumer(self, which: int, turns: int) -> None:
        if self.consumers:
            self.ask(cmd.CloseConsumer(ROOM, self.consumers.pop(which % len(self.consumers))), turns=turns)

    @rule(which=choices, turns=turns)
    def close_producer(self, which: int, turns: int) -> None:
        if len(self.producers) > 1:
            self.ask(cmd.CloseProducer(ROOM, self.producers.pop(which % len(self.producers))), turns=turns)

    @rule(person=people, turns=turns)
    def leave(self, person: int, turns: int) -> None:
        """Sometimes while the transports are still on their way."""
        self.ask(cmd.CloseTransport(ROOM, self.sending[person]), turns=0)
        self.ask(cmd.CloseTransport(ROOM, self.receiving[person]), turns=turns)

    @rule(which=choices, worker=workers, wanted=st.booleans())
    def want(self, which: int, worker: int, wanted: bool) -> None:
        producer = self.producers[which % len(self.producers)]

        async def told() -> None:
            self.fleet._received(self.fleet._slots[worker], ProducerLayersWanted(ROOM, producer, [wanted]))

        self.run(told())

    @rule(worker=workers, kind=st.sampled_from(REFUSABLE))
    def refuse(self, worker: int, kind: type[cmd.Command[Any]]) -> None:
        self.fleet.running()[worker].refusing.add(kind)

    @rule(worker=workers, luck=st.integers(0, 5))
    def die(self, worker: int, luck: int) -> None:
        """The room is lost when it was there, and opened anew as signaling does."""
        if luck:
            return
        dead = self.fleet.running()[worker]
        dead.die()

        async def reopen() -> None:
            while self.fleet.running().get(worker, dead) is dead:  # noqa: ASYNC110 - a few turns of the loop
                await asyncio.sleep(0)
            for each in self.fleet.running().values():
                each.refusing.clear()
            await self.fleet.open_room(ROOM)

        self.run(reopen())

    @rule()
    def tidy(self) -> None:
        self.doing.append(self.loop.create_task(self.fleet.tidied()))

    @rule()
    def settle(self) -> None:
        """Everybody has been answered, and for a long time nothing has happened."""
        for task in self.doing:
            self.run(task)
        self.doing.clear()
        self.run(self.fleet.tidied())
        self.assert_workers_hold_what_the_tables_say()

    def assert_workers_hold_what_the_tables_say(self) -> None:
        room = self.fleet._routing.room(ROOM)
        assert room is not None
        workers = self.fleet.running()
        homes = {name: producer.slot.index for name, producer in room.producers.items()}
        wanted = {(c.producer.id, c.slot.index) for c in room.consumers.values() if c.slot is not c.producer.slot}
        held: dict[int, set[str]] = {index: set() for index in workers}
        for index, worker in workers.items():
            modelled = worker.rooms.get(ROOM)
            assert (modelled is not None) == (index in {slot.index for slot in room.slots})
            if modelled is None:
                continue
            held[index] = set(modelled.producers)
            assert modelled.transports == {t.id for t in room.transports.values() if t.slot.index == index}
            assert set(modelled.consumers) == {c.id for c in room.consumers.values() if c.slot.index == index}
            assert {name for _, name in modelled.outs} <= {name for name, home in homes.items() if home == index}
            assert self.fleet._slots[index].transports == len(modelled.transports)
        foreign = {(name, index) for index, names in held.items() for name in names if homes.get(name) != index}
        assert foreign == wanted
        assert sum(len(w.rooms[ROOM].outs) for w in workers.values() if ROOM in w.rooms) == len(wanted)
        pairs = {frozenset((homes[name], index)) for name, index in wanted}
        assert sum(len(worker.pipes) for worker in workers.values()) == 2 * len(pairs) == 2 * len(self.fleet._pipes)

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        try:
            self.settle()
            self.run(self.fleet.close_room(ROOM))
            self.run(self.fleet.tidied())
            self.assert_nothing_is_left()
        finally:
            for task in self.doing:
                task.cancel()
            self.run(self.fleet.stop())
            self.loop.close()

    def assert_nothing_is_left(self) -> None:
        for worker in self.fleet.running().values():
            assert worker.rooms == {}
            assert worker.pipes == set()
        assert all(slot.transports == 0 and not slot.rooms for slot in self.fleet._slots)
        assert not self.fleet._spread._unused


Meetings.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
test_workers_hold_what_somebody_consumes_and_nothing_else = pytest.mark.filterwarnings("ignore")(Meetings.TestCase)

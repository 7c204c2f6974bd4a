"""Whatever people do, in whatever order, nothing is left of those who are gone."""

from __future__ import annotations

import asyncio
import gc
from contextlib import ExitStack
from itertools import count
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from structlog.testing import capture_logs

from config.settings import LimitSettings, Settings
from persistence.repositories.meetings import NewMeeting
from sfu.events import DataConsumerClosed, DataProducerClosed, TransportStateChanged
from signaling.identity import Identity
from signaling.messages.model import Told
from signaling.roles import Role
from signaling.rooms import Registry
from signaling.service import Signaling
from signaling.session import Session
from tests.signaling.world import MemoryStore, ModelledRooms

PEOPLE = st.integers(0, 3)
MEETINGS = st.sampled_from(["one", "two"])


class Silent:
    """A line nobody listens to; counts what the client would know of open producers and people."""

    def __init__(self) -> None:
        self.people: set[str] = set()
        self.me = ""
        self.meeting_id = ""
        self.token = ""
        self.resumed = False
        """Then it may hear of the end of somebody who was on the way out already when it was told who is there."""

    def tell(self, event: str, told: Told) -> None:
        if event == "participant:joined":
            self.people.add(told.participant_id)  # type: ignore[attr-defined]
        elif event == "participant:left" and told.participant_id == self.me:  # type: ignore[attr-defined]
            self.people.clear()
        elif event == "participant:left" and self.resumed:
            self.people.discard(told.participant_id)  # type: ignore[attr-defined]
        elif event == "participant:left":
            self.people.remove(told.participant_id)  # type: ignore[attr-defined]
        elif event == "room:closed" and told.meeting_id == self.meeting_id:  # type: ignore[attr-defined]
            self.people.clear()

    def hang_up(self, reason: str) -> None:
        assert reason == "replaced"
        self.people.clear()


class Asked:
    """A request with a place for its one answer."""

    def __init__(self, line: Silent, event: str, payload: dict[str, Any]) -> None:
        self.event = event
        self.payload = payload
        self.answers: list[Any] = []
        self._line = line

    def reply(self, event: str, told: Told) -> None:
        self.answers.append(told)
        if event == "room:joined":
            self._line.meeting_id = told.meeting.id  # type: ignore[attr-defined]
            self._line.me = told.participant_id  # type: ignore[attr-defined]
            self._line.token = told.resume_token  # type: ignore[attr-defined]
            self._line.resumed = told.resumed is not None  # type: ignore[attr-defined]
            self._line.people |= {p.participant_id for p in told.participants}  # type: ignore[attr-defined]
        elif event in {"room:left", "room:closed"}:
            self._line.people.clear()
        elif event in {"participant:removed", "participant:blocked"}:
            self._line.people.discard(told.participant_id)  # type: ignore[attr-defined]

    def refuse(self, error: Any) -> None:
        self.answers.append(error)


class Lives(RuleBasedStateMachine):
    """People join, send, receive, leave, drop and close, several at once; then everything must balance."""

    guarded = ""
    """The meeting with a lobby."""

    broken: ClassVar[list[BaseException]] = []
    """What teardowns found, also those of lives that were given up as too long, which hypothesis passes over."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.unheard: list[Any] = []
        """Failures that nobody was told of: of tasks that nobody waits for, and what was only logged."""
        self.loop.set_exception_handler(lambda _loop, context: self.unheard.append(context))
        self.logging = ExitStack()
        self.logged = self.logging.enter_context(capture_logs())
        self.media = ModelledRooms()
        self.store = MemoryStore()
        self.registry = Registry(LimitSettings())
        ids = (f"id-{number:05}" for number in count())
        self.signaling = Signaling(
            registry=self.registry,
            media=self.media,
            store=self.store,
            settings=Settings(),
            new_id=lambda: next(ids),
        )
        self.sessions: dict[int, tuple[Session, Silent]] = {}
        self.lost: list[tuple[Session, Silent]] = []
        """Whose connection is gone, or was given up for a newer one."""
        self.asked: list[Asked] = []
        self.named = 0
        self.waits = 0
        self.kills = 0
        self.deaths = 0

    @initialize()
    def begin(self) -> None:
        async def start() -> None:
            self.signaling.start()
            self.media.before = lambda _command: self.wait()
            self.store.emitter.before = self.wait
            for meeting in ("one", "two"):
                await self.store.meetings.create(NewMeeting(id=meeting, title="Meeting", lobby=meeting == self.guarded))

        self.loop.run_until_complete(start())
        for person in range(3):
            self.ask(person, "room:join", meeting_id="one")
            self.ask(person, "transport:create", direction="send", sctp=True)
            self.ask(person, "transport:create", direction="recv", sctp=True)
        self.settle()
        for person in range(2):
            self.produce_on(person, "camera")
            self.produce_data(person)
        self.settle()

    async def wait(self) -> None:
        """The SFU and the disk take a while, now a longer, now a shorter one."""
        self.waits += 1
        for _ in range(self.waits * 7 % 5 + 1):
            await asyncio.sleep(0)

    def role(self, _person: int) -> Role:
        return Role.HOST

    def session(self, person: int) -> tuple[Session, Silent]:
        if person not in self.sessions:
            self.named += 1
            line = Silent()
            identity = Identity(user_id=f"user-{person}", name="x", role=self.role(person))
            self.sessions[person] = (self.signaling.connect(f"s{self.named}", identity, line, client=None), line)
        return self.sessions[person]

    def ask(self, person: int, event: str, **payload: Any) -> None:
        """Asked, and not waited for: `run` is a rule of its own."""

        async def offer() -> None:
            session, line = self.session(person)
            asked = Asked(line, event, payload)
            self.asked.append(asked)
            session.offer(asked)

        self.loop.run_until_complete(offer())

    def known(self, kind: str) -> list[str]:
        tables = [getattr(room, kind) for room in self.media.rooms.values()]
        return sorted(key for table in tables for key in table)

    @rule(person=PEOPLE, meeting=MEETINGS)
    def join(self, person: int, meeting: str) -> None:
        self.ask(person, "room:join", meeting_id=meeting)

    @rule(person=PEOPLE)
    def leave(self, person: int) -> None:
        self.ask(person, "room:leave")

    @rule(person=PEOPLE)
    def close(self, person: int) -> None:
        self.ask(person, "room:close")

    @rule(person=PEOPLE, direction=st.sampled_from(["send", "recv"]))
    def create_transport(self, person: int, direction: str) -> None:
        self.ask(person, "transport:create", direction=direction, sctp=True)

    @rule(person=PEOPLE, source=st.sampled_from(["camera", "screen"]))
    def produce_on(self, person: int, source: str) -> None:
        track = {"kind": "video", "rtpParameters": {}, "source": source}
        self.ask(person, "produce", transport_id=self.own(person, "send"), **track)

    @rule(person=PEOPLE, data=st.data())
    def consume(self, person: int, data: st.DataObject) -> None:
        wish = {"producer_id": data.draw(st.sampled_from([*self.known("producers"), "none"])), "rtpCapabilities": {}}
        self.ask(person, "consume", transport_id=self.own(person, "recv"), **wish)

    def own(self, person: int, direction: str) -> str:
        participant = self.session_of(person)
        held = participant.transports.values() if participant else ()
        return next((transport.id for transport in held if transport.direction == direction), "none")

    def session_of(self, person: int) -> Any:
        return self.sessions[person][0].participant if person in self.sessions else None

    @rule(person=PEOPLE, data=st.data(), event=st.sampled_from(["producer:close", "producer:pause", "producer:resume"]))
    def change_producer(self, person: int, data: st.DataObject, event: str) -> None:
        self.ask(person, event, producer_id=data.draw(st.sampled_from([*self.known("producers"), "none"])))

    @rule(person=PEOPLE, data=st.data())
    def close_consumer(self, person: int, data: st.DataObject) -> None:
        self.ask(person, "consumer:close", consumer_id=data.draw(st.sampled_from([*self.known("consumers"), "none"])))

    @rule(person=PEOPLE)
    def produce_data(self, person: int) -> None:
        self.ask(person, "produce_data", transport_id=self.own(person, "send"), sctpStreamParameters={"streamId": 0})

    @rule(person=PEOPLE, data=st.data())
    def consume_data(self, person: int, data: st.DataObject) -> None:
        source = data.draw(st.sampled_from([*self.known("data_producers"), "none"]))
        self.ask(person, "consume_data", transport_id=self.own(person, "recv"), data_producer_id=source)

    @rule(person=PEOPLE, data=st.data(), kind=st.sampled_from(["data_producer", "data_consumer"]))
    def close_data(self, person: int, data: st.DataObject, kind: str) -> None:
        ended = data.draw(st.sampled_from([*self.known(f"{kind}s"), "none"]))
        self.ask(person, f"{kind}:close", **{f"{kind}_id": ended})

    @rule(data=st.data())
    def end_data(self, data: st.DataObject) -> None:
        """A worker closes it by itself, also while signaling still waits to hear that it was made."""
        made = [(room_id, key) for room_id, room in self.media.rooms.items() for key in room.data_producers]
        if made:
            room_id, producer = data.draw(st.sampled_from(sorted(made)))
            self.media.rooms[room_id].close_data_producer(producer)
            self.happen(DataProducerClosed(room_id, producer, "too_large"))

    @rule(data=st.data())
    def end_hearing(self, data: st.DataObject) -> None:
        made = [(room_id, key) for room_id, room in self.media.rooms.items() for key in room.data_consumers]
        if made:
            room_id, consumer = data.draw(st.sampled_from(sorted(made)))
            del self.media.rooms[room_id].data_consumers[consumer]
            self.happen(DataConsumerClosed(room_id, consumer, "slow"))

    @rule(person=PEOPLE, event=st.sampled_from(["screen:start", "screen:stop"]))
    def share(self, person: int, event: str) -> None:
        self.ask(person, event)

    @rule(person=PEOPLE)
    def drop(self, person: int) -> None:
        async def end() -> None:
            if person in self.sessions:
                self.sessions.pop(person)[0].end("disconnected")

        self.loop.run_until_complete(end())

    @rule(person=PEOPLE)
    def lose(self, person: int) -> None:
        async def cut() -> None:
            if person in self.sessions:
                session, line = self.sessions.pop(person)
                session.lose()
                self.lost.append((session, line))

        self.loop.run_until_complete(cut())

    @rule(person=PEOPLE, data=st.data())
    def resume(self, person: int, data: st.DataObject) -> None:
        """With a token of before, of anybody: also used ones, and while the older connection stands."""
        older = self.sessions.pop(person, None)
        if older is not None:
            self.lost.append(older)
        lines = [line for _, line in self.lost if line.token]
        if lines:
            line = data.draw(st.sampled_from(lines))
            self.ask(person, "room:join", meeting_id=line.meeting_id, resume_token=line.token)
        if older is not None:
            older[0].lose()

    @rule()
    def lose_patience(self) -> None:
        async def give_up() -> None:
            for session, _ in self.lost:
                session.end("connection_lost")
            self.lost.clear()

        self.loop.run_until_complete(give_up())

    @rule(data=st.data())
    def fail_transport(self, data: st.DataObject) -> None:
        rooms = [(room_id, key) for room_id, room in self.media.rooms.items() for key in room.transports]
        if rooms:
            room_id, transport = data.draw(st.sampled_from(sorted(rooms)))
            self.happen(TransportStateChanged(room_id, transport, "failed", "handshake"))

    @rule(meeting=MEETINGS)
    def kill_worker(self, meeting: str) -> None:
        """Only rooms that are open on it: the fleet opens what was on its way elsewhere by itself."""
        if meeting in self.media.rooms:

            async def die() -> None:
                """Counted here: on the way here other tasks have run, and the room may have closed."""
                room = self.registry.get(meeting)
                self.kills += 1
                self.deaths += room is not None and room.started and not room.closed
                if meeting in self.media.rooms:
                    self.media.die(meeting)

            self.loop.run_until_complete(die())

    @rule()
    def lose_all_workers(self) -> None:
        self.media.placeable = not self.media.placeable

    def happen(self, event: Any) -> None:
        async def tell() -> None:
            self.media.happen(event)

        self.loop.run_until_complete(tell())

    @rule(turns=st.integers(1, 30))
    def run(self, turns: int) -> None:
        """Let the tasks run for a while, not to the end: what is asked next meets what is half done."""

        async def turn() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turn())

    @invariant()
    def nobody_is_answered_twice(self) -> None:
        assert all(len(asked.answers) <= 1 for asked in self.asked)
        assert not [a for asked in self.asked for a in asked.answers if getattr(a, "code", None) == "INTERNAL"]

    def settle(self) -> None:
        async def quiet() -> None:
            """Every inbox is empty, and what was taken from one last is done."""
            live = self.signaling._sessions
            while any(not session._inbox.empty() for session, _ in live.values()):  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0)
            for _ in range(300):
                await asyncio.sleep(0)

        self.loop.run_until_complete(quiet())

    def teardown(self) -> None:
        try:
            self.end()
        except BaseException as error:
            self.broken.append(error)
            raise
        finally:
            self.logging.close()
            self.loop.close()

    def end(self) -> None:
        self.settle()
        self.media.placeable = True
        self.check_tables_agree()
        for person in list(self.sessions):
            self.drop(person)
        self.lose_patience()
        self.settle()
        assert (self.media.rooms, len(self.registry), len(self.signaling)) == ({}, 0, 0)
        self.check_record_balances()
        self.loop.run_until_complete(self.signaling.stop())
        assert not asyncio.all_tasks(self.loop)
        self.check_nothing_failed_unheard()

    def check_nothing_failed_unheard(self) -> None:
        """A task that failed says so when it is let go of. That no worker takes a room is what some rules are about."""
        gc.collect()
        assert self.unheard == []
        failed = [entry for entry in self.logged if entry["log_level"] in {"error", "critical"}]
        assert [entry for entry in failed if entry["event"] != "room_not_recovered"] == []

    def check_tables_agree(self) -> None:
        """What signaling holds, what the SFU holds, and who clients think is there."""
        for session, line in self.sessions.values():
            there = session.participant.room.participants if session.participant else {}
            assert line.people == set(there)
        live = {room["meeting_id"]: room for room in self.registry.snapshot()}
        assert live.keys() == self.media.rooms.keys()
        for meeting_id, room in self.media.rooms.items():
            for kind, key in (
                ("transports", "transport_id"),
                ("producers", "producer_id"),
                ("consumers", "consumer_id"),
            ):
                held = {entry[key] for person in live[meeting_id]["participants"] for entry in person[kind]}
                assert held == set(getattr(room, kind)), kind
            kept = self.registry.get(meeting_id)
            assert kept is not None
            assert kept.data.producers.keys() == room.data_producers.keys()
            assert kept.data.consumers.keys() == room.data_consumers.keys()

    def check_record_balances(self) -> None:
        types = [kind for meeting in ("one", "two") for kind in self.store.emitter.types(meeting)]
        # A room that is on its way in or out when its worker dies may be told of it or not.
        assert self.deaths <= types.count("worker.died") <= self.kills
        assert types.count("room.recovered") == self.signaling.counters.recoveries["recovered"] <= self.kills
        for meeting in ("one", "two"):
            types = self.store.emitter.types(meeting)
            for begun, ended in (
                ("meeting.started", "meeting.ended"),
                ("participant.joined", "participant.left"),
                ("track.added", "track.removed"),
                ("data_channel.opened", "data_channel.closed"),
                ("screen_share.started", "screen_share.stopped"),
            ):
                assert types.count(begun) == types.count(ended), (begun, types)


Lives.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def judged(lives: type[Lives]) -> type[Any]:
    """The test of these lives, which passes when no end of any of them found fault."""

    class Judged(lives.TestCase):  # type: ignore[name-defined,misc]
        def runTest(self) -> None:  # noqa: N802 - unittest's name
            lives.broken = []
            super().runTest()
            assert not lives.broken

    return Judged


TestLives = judged(Lives)

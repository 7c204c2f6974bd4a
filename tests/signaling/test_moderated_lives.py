"""Whatever hosts do to people who come, send and go at the same time, nothing is left of those who are gone."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from signaling.roles import Role
from tests.signaling.test_orphans import Lives, judged

ROLES = st.sampled_from(["host", "co_host", "participant", "observer"])
HOSTS = st.sampled_from([0, 0, 0, 1, 1, 2])
TARGETS = st.sampled_from([0, 1, 2, 2, 3, 3])
KINDS = st.sampled_from(["audio", "video"])


class ModeratedLives(Lives):
    """Case 54: kicks while joining, mutes while producing, decisions about those who are on their way out."""

    guarded = "one"

    @rule(person=st.integers(0, 30))
    def close(self, person: int) -> None:
        """Seldom, so that meetings last."""
        self.ask(person if person < 4 else 3, "room:close")

    def role(self, person: int) -> Role:
        """One whose meetings they are, one who helps, and others."""
        return (Role.HOST, Role.CO_HOST, Role.PARTICIPANT, Role.PARTICIPANT)[person]

    @rule(host=HOSTS, person=TARGETS, event=st.sampled_from(["remove", "block", "stop_share"]))
    def act_on(self, host: int, person: int, event: str) -> None:
        self.ask(host, f"participant:{event}", participant_id=self.named_in_room(person))

    @rule(host=HOSTS, person=TARGETS, role=ROLES)
    def set_role(self, host: int, person: int, role: str) -> None:
        self.ask(host, "participant:set_role", participant_id=self.named_in_room(person), role=role)

    @rule(host=HOSTS, person=TARGETS, kind=KINDS, event=st.sampled_from(["mute", "ask_unmute"]))
    def switch(self, host: int, person: int, kind: str, event: str) -> None:
        self.ask(host, f"participant:{event}", participant_id=self.named_in_room(person), kind=kind)

    @rule(host=HOSTS, kind=KINDS)
    def mute_all(self, host: int, kind: str) -> None:
        self.ask(host, "room:mute_all", kind=kind)

    @rule(host=HOSTS, on=st.booleans(), feature=st.sampled_from(["screen_share", "unmute", "start_video"]))
    def features(self, host: int, on: bool, feature: str) -> None:
        self.ask(host, "room:features", **{feature: on})

    @rule(host=HOSTS, person=TARGETS)
    def spotlight(self, host: int, person: int) -> None:
        self.ask(host, "room:spotlight", participant_ids=[self.named_in_room(person)])

    @rule(host=HOSTS, on=st.booleans(), event=st.sampled_from([("room:lock", "locked"), ("room:lobby", "enabled")]))
    def bar(self, host: int, on: bool, event: tuple[str, str]) -> None:
        self.ask(host, event[0], **{event[1]: on})

    @rule(host=HOSTS, event=st.sampled_from(["lobby:admit_all", "hand:lower_all"]))
    def for_all(self, host: int, event: str) -> None:
        self.ask(host, event)

    @rule(host=HOSTS, person=TARGETS)
    def let_in(self, host: int, person: int) -> None:
        self.ask(person, "room:join", meeting_id="one")
        self.run(20)
        self.decide(host, person, "lobby:admit")
        self.run(20)
        self.ask(person, "room:join", meeting_id="one")

    @rule(host=HOSTS, person=TARGETS, event=st.sampled_from(["lobby:admit", "lobby:deny"]))
    def decide(self, host: int, person: int, event: str) -> None:
        session = self.sessions[person][0] if person in self.sessions else None
        waiting = session.waiting.id if session is not None and session.waiting is not None else "nobody"
        self.ask(host, event, waiting_id=waiting)

    @rule(person=TARGETS, raised=st.booleans())
    def raise_hand(self, person: int, raised: bool) -> None:
        self.ask(person, "hand:raise", raised=raised)

    @rule(person=TARGETS)
    def leave_lobby(self, person: int) -> None:
        self.ask(person, "lobby:leave")

    @rule(host=HOSTS, person=TARGETS)
    def unblock(self, host: int, person: int) -> None:
        self.ask(host, "participant:unblock", user_id=f"user-{person}")

    def named_in_room(self, person: int) -> str:
        participant = self.session_of(person)
        return participant.id if participant else "nobody"

    @invariant()
    def tables_name_only_people_who_are_there(self) -> None:
        for meeting in ("one", "two"):
            room = self.registry.get(meeting)
            if room is None:
                continue
            assert set(room.spotlight) <= room.participants.keys()
            assert set(room.hands.order) <= room.participants.keys()
            owners = {person.user_id for person in room.participants.values() if person.own_role is Role.HOST}
            assert not {person.user_id for person in room.participants.values()} & set(room.blocked) - owners

    @invariant()
    def nobody_waits_and_is_in(self) -> None:
        for session, _ in self.sessions.values():
            assert session.participant is None or session.waiting is None

    def check_tables_agree(self) -> None:
        super().check_tables_agree()
        assert not [line for session, line in self.sessions.values() if session.waiting is not None and line.people]
        waiting = {s.waiting.id for s, _ in self.sessions.values() if s.waiting is not None and not s.waiting.admitted}
        lobbies = self.signaling._lobbies
        assert {each.id for meeting in ("one", "two") for each in lobbies.waiting(meeting)} == waiting
        for meeting in ("one", "two"):
            self.check_switches(self.registry.get(meeting))

    def check_switches(self, room: Any) -> None:
        """What tables say of each producer is what the SFU does with it."""
        if room is not None and room.id in self.media.rooms:
            paused = {producer.id for producer in room.producers.values() if producer.paused}
            assert paused == self.media.rooms[room.id].paused & room.producers.keys()

    def check_record_balances(self) -> None:
        super().check_record_balances()
        types = [kind for meeting in ("one", "two") for kind in self.store.emitter.types(meeting)]
        decided = ("lobby.admitted", "lobby.denied", "lobby.timed_out", "lobby.left")
        assert types.count("lobby.asked") == sum(map(types.count, decided))


ModeratedLives.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestModeratedLives = judged(ModeratedLives)

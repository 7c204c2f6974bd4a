"""Who has the floor: quick enough for people, slow enough for coughs."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from sfu.speakers import ATTACK_S, HOLD_S, SILENCE_S, TAKEOVER_S, Floor

STEP = 0.25
LOUD, QUIET = 100.0, 85.0


class Talk:
    """A room on a clock of its own; remembers who had the floor when."""

    def __init__(self) -> None:
        self.floor = Floor()
        self.now = 100.0
        self.changes: list[tuple[float, str | None]] = []

    def hear(self, seconds: float, **levels: float) -> Talk:
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            if self.floor.hear(levels, self.now):
                self.changes.append((self.now, self.floor.speaker))
        return self


def test_whoever_speaks_first_takes_the_floor_soon() -> None:
    talk = Talk().hear(1.5, ada=LOUD)
    assert [who for _, who in talk.changes] == ["ada"]
    assert talk.changes[0][0] - 100.0 <= ATTACK_S + 3 * STEP


def test_a_cough_takes_no_floor_that_somebody_has() -> None:
    talk = Talk().hear(5, ada=QUIET).hear(0.5, ada=QUIET, ben=120.0).hear(5, ada=QUIET)
    assert [who for _, who in talk.changes] == ["ada"]


def test_whoever_is_louder_for_a_while_takes_the_floor() -> None:
    talk = Talk().hear(5, ada=QUIET).hear(3, ben=LOUD)
    assert [who for _, who in talk.changes] == ["ada", "ben"]


def test_a_pause_for_breath_keeps_the_floor_and_a_long_silence_gives_it_up() -> None:
    talk = Talk().hear(3, ada=LOUD).hear(SILENCE_S - 1).hear(1, ada=LOUD)
    assert [who for _, who in talk.changes] == ["ada"]
    talk.hear(SILENCE_S + 1)
    assert [who for _, who in talk.changes] == ["ada", None]


def test_a_microphone_that_is_gone_gives_the_floor_up_at_once() -> None:
    talk = Talk().hear(3, ada=LOUD)
    assert not talk.floor.forget("ben")
    assert talk.floor.forget("ada")
    assert talk.floor.speaker is None


@given(
    turns=st.lists(
        st.tuples(
            st.sampled_from([0.25, 0.5, 1.0, 2.0, 5.0]),
            st.dictionaries(st.sampled_from(["ada", "ben", "cleo"]), st.floats(0, 127), max_size=3),
        ),
        max_size=40,
    )
)
def test_the_floor_never_passes_on_faster_than_the_hold(turns: list[tuple[float, dict[str, float]]]) -> None:
    talk = Talk()
    for seconds, levels in turns:
        talk.hear(seconds, **levels)
    taken = [(at, who) for at, who in talk.changes if who is not None]
    for (before, first), (after, second) in itertools.pairwise(taken):
        assert after - before >= min(HOLD_S, SILENCE_S + ATTACK_S) - 1e-9, (first, second)
    assert all(first[1] != second[1] for first, second in zip(talk.changes, talk.changes[1:], strict=False))


@given(period=st.sampled_from([0.25, 0.5, TAKEOVER_S - 0.3]))
def test_two_who_talk_over_each_other_do_not_make_it_flap(period: float) -> None:
    talk = Talk()
    for turn in range(60):
        loud, soft = ("ada", "ben") if turn % 2 else ("ben", "ada")
        talk.hear(period, **{loud: LOUD, soft: QUIET})
    assert len(talk.changes) <= 60 * period / HOLD_S + 1


@given(st.lists(st.sampled_from([f"p{number}" for number in range(50)]), max_size=200))
def test_nobody_is_remembered_who_has_long_been_silent(names: list[str]) -> None:
    talk = Talk()
    for name in names:
        talk.hear(STEP, **{name: LOUD})
    talk.hear(3 * SILENCE_S)
    assert talk.floor._voices == {}
    assert talk.floor.speaker is None

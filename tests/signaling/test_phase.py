"""A room is opened once, closed once and over once, in this order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.phase import STEPS, IllegalStepError, Phase, step


def test_only_the_steps_of_the_table_can_be_taken() -> None:
    for before in Phase:
        for after in Phase:
            if after in STEPS[before]:
                assert step(before, after) is after
            else:
                with pytest.raises(IllegalStepError):
                    step(before, after)


@given(st.lists(st.sampled_from(Phase)))
def test_no_life_comes_back_to_where_it_was(wishes: list[Phase]) -> None:
    phase, seen = Phase.NEW, [Phase.NEW]
    for wish in wishes:
        if wish in STEPS[phase]:
            phase = step(phase, wish)
            assert phase not in seen
            seen.append(phase)
    assert STEPS[Phase.OVER] == frozenset()

"""What the bench of dead workers calls broken: it is asked on a quiet machine, this on any."""

from __future__ import annotations

from tests.bench.recovery import broken_promises, summary_of
from tests.chaos.outage import Outage


def outages(slow_s: float, gap_ms: int) -> list[Outage]:
    """Twenty people of whom the two slowest take `slow_s`, and a meeting beside."""
    return [Outage([1.0] * 18 + [slow_s] * 2, 104), Outage([1.0] * 20, gap_ms)]


def test_what_was_promised_is_held() -> None:
    assert broken_promises(summary_of(outages(2.9, 150)), hung=False) == []


def test_one_in_twenty_who_takes_too_long_breaks_it() -> None:
    (broken,) = broken_promises(summary_of(outages(3.1, 150)), hung=False)
    assert broken == "back_p95_s: 3.1, promised 3.0"


def test_a_hang_has_three_seconds_more_to_be_found_out() -> None:
    assert broken_promises(summary_of(outages(5.9, 150)), hung=True) == []
    assert len(broken_promises(summary_of(outages(6.1, 150)), hung=True)) == 1


def test_one_pause_of_the_meeting_beside_breaks_it() -> None:
    assert broken_promises(summary_of(outages(1.0, 201)), hung=False) == [
        "other_room_gap_max_ms: 201.0, promised 200.0"
    ]

"""What a load test makes of what it saw."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.loadtest import report
from server.loadtest.histogram import Histogram
from server.loadtest.scenario import Place, Scenario, divide, places
from server.loadtest.subscriber import Reception
from server.loadtest.tally import Snapshot, Tally

SCENARIO = Scenario(url="http://localhost:7880", rooms=2, publishers=2, subscribers=3, joins_per_s=10)


def cast(scenario: Scenario = SCENARIO) -> list[Place]:
    return list(places(scenario, lambda identity, meeting: f"{identity}@{meeting}"))


def test_publishers_enter_before_those_who_watch_and_everybody_at_the_pace_asked_for() -> None:
    people = cast()
    assert [place.publishes for place in people[:5]] == [True, True, False, False, False]
    assert [place.joins_at_s for place in people] == pytest.approx([number / 10 for number in range(10)])
    assert len({place.meeting_id for place in people}) == 2


def test_publishers_watch_only_when_asked_to() -> None:
    assert [place.watches for place in cast()[:3]] == [False, False, True]
    meeting = msgspec.structs.replace(SCENARIO, publishers_watch=True)
    assert all(place.watches for place in cast(meeting))


@given(processes=st.integers(1, 12))
def test_the_shares_of_all_processes_are_everybody_once(processes: int) -> None:
    people = cast()
    shares = divide(SCENARIO, people, processes)
    together = [place.token for share in shares for place in share.places]
    assert sorted(together) == sorted(place.token for place in people)
    assert len(shares) == min(processes, len(people))


@given(st.lists(st.integers(0, 10_000_000), min_size=1))
def test_a_percentile_is_right_within_the_width_of_a_bucket(samples: list[int]) -> None:
    histogram = Histogram()
    for sample in samples:
        histogram.add(sample)
    exact = sorted(samples)[(len(samples) - 1) // 2] / 1000
    told = histogram.percentile(50)
    assert told is not None
    assert exact * 31 / 32 - 0.001 <= told <= exact


@given(st.lists(st.integers(0, 10**7)), st.lists(st.integers(0, 10**7)))
def test_histograms_of_two_processes_add_up_to_that_of_one(some: list[int], others: list[int]) -> None:
    together, left, right = Histogram(), Histogram(), Histogram()
    for sample in some:
        left.add(sample)
        together.add(sample)
    for sample in others:
        right.add(sample)
        together.add(sample)
    left.merge(Histogram(right.counts()))
    assert left.counts() == together.counts()


@given(first=st.integers(0, 0xFFFF), kept=st.lists(st.booleans(), min_size=2, max_size=400))
def test_what_is_missing_between_the_first_and_the_last_packet_is_lost(first: int, kept: list[bool]) -> None:
    kept[0] = kept[-1] = True
    stream, expected = Reception(first), 0
    for ahead, arrives in enumerate(kept):
        if arrives:
            expected += stream.take(first + ahead & 0xFFFF)
    assert expected == len(kept) == stream.expected
    assert stream.received == sum(kept)


def test_packets_in_another_order_are_not_lost() -> None:
    stream = Reception(65_534)
    expected = sum(stream.take(sequence) for sequence in (65_534, 0, 65_535, 2, 1))
    assert (expected, stream.received) == (5, 5)
    assert stream.fraction_lost() == 0


def test_the_fraction_lost_is_that_since_the_last_report() -> None:
    stream = Reception(0)
    for sequence in range(0, 100, 2):
        stream.take(sequence)
    assert stream.fraction_lost() == 49 * 256 // 99
    for sequence in range(99, 150):
        stream.take(sequence)
    assert stream.fraction_lost() == 0


def test_a_stream_paused_for_as_long_as_it_did_beyond_its_sender() -> None:
    stream = Reception(0)
    ms = 1_000_000
    sent = [(100, 105), (120, 126), (500, 506), (520, 806), (540, 807)]
    paused = [stream.paused_micros(written * ms, received * ms) for written, received in sent]
    assert paused == [0, 1_000, 0, 280_000, 0]


def test_a_packet_that_was_overtaken_is_no_pause_and_the_next_is_measured_from_the_one_before_it() -> None:
    stream = Reception(0)
    ms = 1_000_000
    sent = [(100, 105), (140, 145), (120, 300), (160, 365)]
    assert [stream.paused_micros(written * ms, received * ms) for written, received in sent] == [0, 0, 0, 200_000]


def test_a_tally_travels_between_processes_unchanged() -> None:
    tally = Tally()
    tally.joined, tally.packets_expected, tally.packets_received = 3, 100, 99
    tally.failed["CAPACITY_EXCEEDED"] += 2
    tally.latency.add(1500)
    tally.pauses.add(250_000)
    told = msgspec.json.decode(msgspec.json.encode(tally.snapshot(final=True)), type=Snapshot)
    total = Tally()
    total.add(told)
    total.add(told)
    assert (total.joined, total.failed, total.lost) == (6, {"CAPACITY_EXCEEDED": 4}, 2)
    assert total.loss_percent == pytest.approx(1.0)
    assert len(total.latency) == len(total.pauses) == 2


def test_a_tool_without_time_to_spare_says_that_the_figures_are_its_own() -> None:
    tally = Tally()
    tally.cpu_s = 19.5
    found = report.results(SCENARIO, tally, 10.0)
    assert "--processes" in report.table(found, 2)
    assert "--processes" not in report.table(found, 4)

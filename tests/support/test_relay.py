"""The bad network of the tests does what its weather says, and the same again from the same seed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.relay import Lane, Weather

PACKET = 1000


def fates(weather: Weather, seed: int = 1, packets: int = 5000) -> list[list[float]]:
    lane = Lane(weather, seed)
    return [lane.arrivals(PACKET, number / 1000) for number in range(packets)]


@given(seed=st.integers(0, 1000))
def test_the_same_seed_is_the_same_weather(seed: int) -> None:
    storm = Weather(loss=0.1, burst=3, jitter_ms=20, reorder=0.1, duplicate=0.05, rate_bps=4_000_000)
    assert fates(storm, seed, 200) == fates(storm, seed, 200)


@pytest.mark.parametrize("burst", [1.0, 8.0])
def test_as_much_is_lost_as_was_asked_for(burst: float) -> None:
    arrived = fates(Weather(loss=0.1, burst=burst), packets=50_000)
    assert 0.08 < sum(not each for each in arrived) / len(arrived) < 0.12


def test_losses_come_in_bursts_of_the_length_asked_for() -> None:
    lost = [not each for each in fates(Weather(loss=0.1, burst=8), packets=50_000)]
    starts = sum(now and not before for before, now in itertools.pairwise(lost))
    assert 6 < sum(lost) / starts < 10


def test_a_slow_link_delays_until_its_queue_is_full() -> None:
    # 8 Mbit/s are offered to 4: the queue grows to its limit, then every second packet is dropped.
    arrived = fates(Weather(rate_bps=4_000_000, queue_ms=100))
    waits = [each[0] - number / 1000 for number, each in enumerate(arrived) if each]
    assert max(waits) == pytest.approx(0.102, abs=0.001)
    assert 0.45 < sum(not each for each in arrived[1000:]) / 4000 < 0.55


def test_without_reordering_nothing_is_overtaken() -> None:
    arrived = [each[0] for each in fates(Weather(delay_ms=30, jitter_ms=50)) if each]
    assert arrived == sorted(arrived)


def test_reordered_packets_are_overtaken_and_the_others_keep_their_order() -> None:
    arrived = [each[0] for each in fates(Weather(delay_ms=30, jitter_ms=50, reorder=0.05))]
    overtaken = sum(later < earlier for earlier, later in itertools.pairwise(arrived))
    assert 0.02 < overtaken / len(arrived) < 0.06

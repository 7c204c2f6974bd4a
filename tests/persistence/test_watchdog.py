"""The watchdog says in time that the record is behind, how far, and when it no longer is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url
from structlog.testing import capture_logs

from persistence.events import AudioMuted
from persistence.histogram import Histogram
from persistence.lag import MARKS, Lag
from persistence.store import StoreOptions
from tests.support.eventually import eventually

from .conftest import Opener
from .story import event


@given(
    steps=st.lists(st.tuples(st.integers(1, 9), st.floats(0, 5)), min_size=1, max_size=60), applied=st.integers(0, 300)
)
def test_the_lag_is_the_age_of_the_oldest_that_waits(steps: list[tuple[int, float]], applied: int) -> None:
    lag, position, now = Lag(), 0, 100.0
    waiting = []
    for size, pause in steps:
        position, now = position + size, now + pause
        lag.durable(position, now)
        if position > applied:
            waiting.append(now)
    lag.applied(applied)
    assert lag.seconds(now) == (now - waiting[0] if waiting else 0)


def test_a_long_backlog_is_remembered_in_a_few_marks_and_never_too_young() -> None:
    lag = Lag()
    for position in range(1, 20 * MARKS):
        lag.durable(position, float(position))
    assert len(lag._marks) <= MARKS + 1
    for applied in range(0, 20 * MARKS, 97):
        lag.applied(applied)
        age, true_age = lag.seconds(20.0 * MARKS), 20.0 * MARKS - applied - 1
        assert true_age <= age <= true_age + 64


@given(st.lists(st.floats(0, 100), max_size=50))
def test_every_duration_is_counted_in_one_bucket(durations: list[float]) -> None:
    histogram = Histogram(bounds=(0.5, 1.0, 50.0))
    for duration in durations:
        histogram.observe(duration)
    assert histogram.total == len(durations)
    assert histogram.counts[0] == sum(duration <= 0.5 for duration in durations)
    assert histogram.counts[-1] == sum(duration > 50 for duration in durations)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_database_that_lets_nobody_in_is_told_and_so_is_its_return(
    url: str, open_store: Opener, quick: Callable[..., StoreOptions]
) -> None:
    store = await open_store(quick(behind_after_s=0.2))
    watchdog = store._watchdog
    await watchdog.stop()  # it is looked through here, at times of the test's own
    holder = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with capture_logs() as said:
        await store.emitter.deliver([event(1, AudioMuted(), actor="p")])
        assert await store.ready() is None

        async def behind() -> bool:
            return store.metrics()["writer_behind"] == 1

        await eventually(behind, "the record is behind")
        assert "behind" in (await store.ready() or "")
        for now in (1000.0, 1010.0, 1059.0, 1061.0):
            watchdog.look(now)
        holder.execute("ROLLBACK")
        holder.close()
        await store.flush()
        watchdog.look(1070.0)
        watchdog.look(1080.0)
    told = [entry for entry in said if "the record is behind" in entry["event"]]
    assert [entry["event"] for entry in told] == ["the record is behind"] * 2 + ["no longer: the record is behind"]
    assert told[0]["figure"] > 0.2
    assert told[0]["backlog_bytes"] > 0
    assert told[2]["lasted_s"] == 70.0
    assert await store.ready() is None
    assert store.metrics()["writer_lag_seconds"] == 0


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_journal_that_fills_up_is_told_before_it_refuses(
    url: str, open_store: Opener, quick: Callable[..., StoreOptions]
) -> None:
    store = await open_store(quick(close_wait_s=0.05))
    holder = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with capture_logs() as said:
        number = 0
        while store.metrics()["journal_fill_ratio"] <= 0.5:
            number += 1
            await store.emitter.deliver([event(number * 1000 + part, AudioMuted(), actor="p") for part in range(500)])
        store._watchdog.look(5.0)
    assert [entry["event"] for entry in said if "half full" in entry["event"]] == ["the journal is more than half full"]
    holder.close()

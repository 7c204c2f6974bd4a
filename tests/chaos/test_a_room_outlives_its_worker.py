"""A worker dies under a meeting of light clients: all media comes back, and the meeting beside it never notices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.chaos.outage import MEETING, OTHER, a_lively_meeting, outage
from tests.chaos.worker import hang, kill, pid_of_worker
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.slow

BACK_WITHIN_S = 5.0
"""For the last of all participants; 3 s is what is promised, for 19 of 20, and `tests.bench.recovery --hold` holds it.

Wider because all clients share this machine with whatever else runs: at a load average of 5 to 6 on its two cores the
last of twenty is back after 0.9 to 2.5 s, and 3.7 s was seen at 8.
"""
NOTICED_MS = 350
"""A gap in the other meeting; 200 ms is what is promised and held there. At the same load it is 102 to 161 ms."""


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with running_server(FOLKMOOT_RTC__WORKERS="2") as running:
        yield running


@pytest.mark.parametrize("people", [5, 20])
async def test_a_killed_workers_meeting_comes_back_and_no_other_notices(server: RunningServer, people: int) -> None:
    async with a_lively_meeting(server, people) as meeting:
        seen = await outage(server, meeting, kill)
        print(f"{people} people back after {max(seen.back_after_s):.2f} s, other room: {seen.other_room_gap_ms} ms")
        assert max(seen.back_after_s) < BACK_WITHIN_S
        assert seen.other_room_gap_ms < NOTICED_MS
        count = Counter(event["type"] for event in server.events(MEETING))
        assert (count["worker.died"], count["room.recovered"]) == (1, 1)
        assert (count["participant.joined"], count["participant.left"]) == (people, 0)
        assert (count["track.added"], count["track.removed"]) == (2 * people, people)
        assert Counter(event["type"] for event in server.events(OTHER))["worker.died"] == 0


async def test_a_hung_worker_is_found_out(server: RunningServer) -> None:
    async with a_lively_meeting(server, 3) as meeting:
        seen = await outage(server, meeting, hang)
        # Its last word may have come half a second before the blow.
        assert 2.5 < max(seen.back_after_s) < 3.0 + BACK_WITHIN_S
        (died,) = server.events(MEETING, type="worker.died")
        assert died["payload"]["reason"] == "hung"


async def test_two_deaths_in_a_row_are_survived(server: RunningServer) -> None:
    async with a_lively_meeting(server, 3) as meeting:
        first = pid_of_worker(server, MEETING)
        await outage(server, meeting, kill)
        assert pid_of_worker(server, MEETING) != first
        await outage(server, meeting, kill)
        assert len(server.events(MEETING, type="room.recovered")) == 2

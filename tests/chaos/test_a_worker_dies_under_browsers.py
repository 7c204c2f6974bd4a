"""A media worker is killed, hangs, or dies again and again, while people in real browsers talk."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.chaos.worker import crash_loop, hang, home_of, kill, workers
from tests.e2e.browser import BrowserPerson
from tests.support.eventually import eventually
from tests.support.server import RunningServer, running_server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BACK_WITHIN_S = 10.0
"""Generous: this machine also encodes and decodes every picture. What is usual is in docs/performance.md."""

PAUSES_S = (0.0, 0.2, 0.4, 0.8, 1.6)
"""At least, before each process that replaces another in a crash loop: what docs/operating.md says of its beginning."""


@pytest.fixture
def server() -> Iterator[RunningServer]:
    """One for each test: how long a replacement waits depends on the deaths before it."""
    with running_server(FOLKMOOT_RTC__WORKERS="2") as running:
        yield running


class Meeting:
    """Ada, Ben and Cleo, each of whom sees the others."""

    def __init__(self, meeting_id: str, people: list[BrowserPerson]) -> None:
        self.id = meeting_id
        self.people = people

    async def pictures(self) -> dict[tuple[str, str, str], int]:
        """Frames decoded so far, by who sees, whom, and the producer."""
        reports = await asyncio.gather(*(person.report() for person in self.people))
        return {
            (person.name, remote["display_name"], track["producer_id"]): track["frames_decoded"]
            for person, report in zip(self.people, reports, strict=True)
            for remote in report["remote"]
            for track in remote["tracks"]
            if track["kind"] == "video" and track["frames_decoded"] > 0
        }

    async def all_see(self, pictures: int, *, but: set[str]) -> set[str]:
        """Waits until everybody decodes as many pictures as `pictures`, of producers not in `but`; names those."""

        async def seen() -> set[str]:
            now = [key for key in await self.pictures() if key[2] not in but]
            return {producer for _, _, producer in now} if len(now) >= pictures else set()

        return await eventually(seen, "everybody sees everybody", within_s=30)

    async def all_move(self, pictures: set[str]) -> None:
        """Waits until everybody has decoded more of each of these producers' pictures than now."""
        before = {key: frames for key, frames in (await self.pictures()).items() if key[2] in pictures}

        async def moved() -> bool:
            now = await self.pictures()
            return all(now.get(key, 0) > frames for key, frames in before.items())

        await eventually(moved, "every picture moves")


@pytest_asyncio.fixture
async def meeting(browser: Browser, server: RunningServer) -> AsyncIterator[Meeting]:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    meeting_id = await ada.create_meeting()
    await ada.join()
    people = [ada]
    for name in ("Ben", "Cleo"):
        people.append(await BrowserPerson.arrive(browser, name, f"{server.url}/m/{meeting_id}"))
        await people[-1].join()
    yield Meeting(meeting_id, people)
    assert [person.errors for person in people] == [[], [], []]


async def test_a_killed_worker_costs_seconds_and_nobody_leaves(server: RunningServer, meeting: Meeting) -> None:
    ada, ben, _cleo = meeting.people
    await ben.part("mic-toggle").click()
    await ben.part("hand-toggle").click()
    await ada.part("share-toggle").click()
    before = await meeting.all_see(8, but=set())
    tracks = len(server.events(meeting.id, type="track.added"))

    killed_at = time.monotonic()
    kill(server, meeting.id)
    after = await meeting.all_see(8, but=before)
    back_after_s = time.monotonic() - killed_at
    print(f"back after {back_after_s:.2f} s")
    assert back_after_s < BACK_WITHIN_S
    assert len(after) == 4, "three cameras and a screen"

    await expect(ada.tile_of("Ben")).to_have_attribute("data-audio", "off")
    await expect(ada.tile_of("Ben")).to_have_attribute("data-hand", "on")
    await expect(ben.part("screen-tile")).to_be_visible()
    await ben.part("mic-toggle").click()
    await expect(ada.tile_of("Ben")).to_have_attribute("data-audio", "on")
    count = Counter(event["type"] for event in server.events(meeting.id))
    assert (count["worker.died"], count["room.recovered"]) == (1, 1)
    assert (count["participant.joined"], count["participant.left"]) == (3, 0)
    assert (count["screen_share.started"], count["screen_share.stopped"]) == (1, 0)
    assert (count["track.added"], count["track.removed"]) == (2 * tracks, tracks)


async def test_a_hung_worker_is_replaced(server: RunningServer, meeting: Meeting) -> None:
    before = await meeting.all_see(6, but=set())
    hung_at = time.monotonic()
    hang(server, meeting.id)
    await meeting.all_see(6, but=before)
    back_after_s = time.monotonic() - hung_at
    print(f"back after {back_after_s:.2f} s")
    # Its last word may have come half a second before the blow.
    assert 2.5 < back_after_s < 3.0 + BACK_WITHIN_S
    (died,) = server.events(meeting.id, type="worker.died")
    assert died["payload"]["reason"] == "hung"


async def both_run(server: RunningServer) -> None:
    async def well() -> bool:
        return server.request("GET", "/readyz")[0] == 200

    await eventually(well, "both workers run again")


async def test_a_crash_loop_waits_ever_longer_and_its_meeting_goes_on(server: RunningServer, meeting: Meeting) -> None:
    """The first death takes the room to the other worker, which dies too, while the loop leaves nothing to go to."""
    looping = home_of(server, meeting.id)
    first = await meeting.all_see(6, but=set())
    waited = await crash_loop(server, looping, deaths=3)
    second = await meeting.all_see(6, but=first)
    waited += await crash_loop(server, looping, deaths=2)
    print(f"waited {waited} s")
    assert all(seconds >= pause for seconds, pause in zip(waited, PAUSES_S, strict=True))
    await meeting.all_move(second)

    assert home_of(server, meeting.id) != looping
    kill(server, meeting.id)
    await meeting.all_move(await meeting.all_see(6, but=first | second))
    await both_run(server)
    assert workers(server)[looping]["restarts"] == len(PAUSES_S)
    for person in meeting.people:
        await expect(person.part("leave")).to_be_visible()
    count = Counter(event["type"] for event in server.events(meeting.id))
    assert (count["worker.died"], count["room.recovered"], count["meeting.ended"]) == (2, 2, 0)
    assert (count["participant.joined"], count["participant.left"]) == (3, 0)


async def test_a_room_that_costs_three_workers_is_closed_with_words(server: RunningServer, meeting: Meeting) -> None:
    """The third death within a minute closes it: no fourth worker is put at risk, and the server stays well."""

    async def recovered(times: int) -> bool:
        return len(server.events(meeting.id, type="room.recovered")) == times

    for death in (1, 2):
        kill(server, meeting.id)
        await eventually(lambda times=death: recovered(times), "the room is open again")
    kill(server, meeting.id)
    for person in meeting.people:
        await expect(person.page.get_by_text("The call was interrupted")).to_be_visible(timeout=15_000)
    (ended,) = server.events(meeting.id, type="meeting.ended")
    assert ended["payload"]["reason"] == "media_unavailable"
    await both_run(server)

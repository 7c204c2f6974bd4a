"""A meeting over several workers: to those who are in it, it is a meeting like any other."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import BrowserPerson
from tests.e2e.test_a_meeting import full_size, hears, sees
from tests.support.eventually import eventually
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.browser


@pytest.fixture
def spreading() -> Iterator[RunningServer]:
    """Every participant is placed by load alone, so that two are never on one of two workers."""
    with running_server(FOLKMOOT_RTC__WORKERS="2", FOLKMOOT_RTC__SPREAD_TRANSPORTS="0") as server:
        yield server


def media(server: RunningServer, meeting_id: str) -> dict[str, list[dict[str, Any]]]:
    status, room = server.request("GET", f"/api/rooms/{meeting_id}", token=server.operator_token())
    assert status == 200
    answer: dict[str, list[dict[str, Any]]] = room
    return answer


async def test_two_people_on_different_workers_see_and_hear_each_other(
    browser: Browser, spreading: RunningServer
) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", spreading.url)
    meeting_id = await ada.create_meeting()
    ben = await BrowserPerson.arrive(browser, "Ben", f"{spreading.url}/m/{meeting_id}")
    for person in (ada, ben):
        await person.join()

    for person, other in ((ada, ben), (ben, ada)):
        await sees(person, other)
        await hears(person, other)
        await full_size(person, other)

    rows = media(spreading, meeting_id)
    browsers = [row for row in rows["transports"] if not row["pipe"]]
    assert sorted(row["worker"] for row in browsers) == [0, 0, 1, 1]
    assert len(rows["pipe_consumers"]) == 4
    assert sum(row["pipe"] for row in rows["producers"]) == 4

    await ada.part("camera-toggle").click()
    await expect(ben.tile_of("Ada")).to_have_attribute("data-video", "off")
    await ada.part("camera-toggle").click()
    await expect(ben.tile_of("Ada")).to_have_attribute("data-video", "on")
    await sees(ben, ada)

    await ada.part("share-toggle").click()
    await sees(ben, ada, "screen")

    await ada.leave()

    async def nothing_crosses() -> bool:
        return media(spreading, meeting_id)["pipe_consumers"] == []

    await eventually(nothing_crosses, "nothing is piped for somebody alone", within_s=20)
    assert (ada.errors, ben.errors) == ([], [])
    await ada.close()
    await ben.close()


@pytest.mark.parametrize("worker", [0, 1])
async def test_a_spread_meeting_survives_the_death_of_either_worker(
    browser: Browser, spreading: RunningServer, worker: int
) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", spreading.url)
    meeting_id = await ada.create_meeting()
    ben = await BrowserPerson.arrive(browser, "Ben", f"{spreading.url}/m/{meeting_id}")
    for person in (ada, ben):
        await person.join()
    for person, other in ((ada, ben), (ben, ada)):
        await sees(person, other)

    _, answer = spreading.request("GET", "/api/workers", token=spreading.operator_token())
    os.kill(answer["workers"][worker]["pid"], signal.SIGKILL)

    async def recovered() -> bool:
        return len(spreading.events(meeting_id, type="room.recovered")) == 1

    await eventually(recovered, "the room is open on living workers again")
    for person, other in ((ada, ben), (ben, ada)):
        await sees(person, other)
        await hears(person, other)
    assert (ada.errors, ben.errors) == ([], [])
    await ada.close()
    await ben.close()

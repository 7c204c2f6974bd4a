"""A lost connection is not a lost place: nobody leaves, and media that flows is not made again."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import BrowserPerson
from tests.e2e.test_codecs import goes_on
from tests.e2e.test_layers_on_demand import picture_of, sees_lines
from tests.e2e.test_temporal_layers import remember_socket
from tests.support.eventually import eventually
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser

CUT = "() => { window.cutSocket = window.lastSocket; window.cutSocket.close(4000) }"
"""Not a goodbye: a page that closes says 1001."""

ON_ANOTHER_SOCKET = "() => window.lastSocket !== window.cutSocket"


async def has_media(person: BrowserPerson) -> None:
    async def connected() -> bool:
        return bool((await person.report())["connection"] == "connected")

    await eventually(connected, f"{person.name}'s media is connected", within_s=15)


async def is_back(person: BrowserPerson) -> None:
    await person.page.wait_for_function(ON_ANOTHER_SOCKET)
    await has_media(person)


async def test_whoever_loses_the_connection_for_a_moment_stays_and_goes_on(
    browser: Browser, server: RunningServer
) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url, remember_socket)
    meeting_id = await ada.create_meeting()
    await ada.join()
    ben = await BrowserPerson.arrive(browser, "Ben", f"{server.url}/m/{meeting_id}")
    await ben.join()
    await sees_lines(ben, ada, 720)
    await sees_lines(ada, ben, 720)
    before, seen = await ada.report(), await picture_of(ben, ada)
    held = (await picture_of(ada, ben))["consumer_id"]

    await ada.page.evaluate(CUT)
    await expect(ada.page.get_by_text("Reconnected")).to_be_visible(timeout=15_000)
    await is_back(ada)

    assert (await ada.report())["participant_id"] == before["participant_id"]
    assert (await picture_of(ada, ben))["consumer_id"] == held
    assert (await picture_of(ben, ada))["consumer_id"] == seen["consumer_id"]
    await goes_on(ben, ada)
    await goes_on(ada, ben)
    # What is said from now on is heard: the new connection carries the old stay.
    await ada.part("camera-toggle").click()

    async def dark() -> bool:
        return bool((await picture_of(ben, ada)).get("paused"))

    await eventually(dark, "Ben sees that Ada's camera is off")
    types = [event["type"] for event in server.events(meeting_id)]
    assert types.count("participant.joined") == 2
    assert types.count("participant.disconnected") == types.count("participant.resumed") == 1
    assert "participant.left" not in types
    assert (ada.errors, ben.errors) == ([], [])
    for person in (ada, ben):
        await person.close()

    async def over() -> bool:
        return "meeting.ended" in [event["type"] for event in server.events(meeting_id)]

    await eventually(over, "the meeting ends at once when its last page is closed", within_s=10)


async def test_a_connection_lost_again_and_again_is_resumed_each_time(browser: Browser, server: RunningServer) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url, remember_socket)
    await ada.create_meeting()
    await ada.join()
    await has_media(ada)
    before = (await ada.report())["participant_id"]
    for _ in range(3):
        await ada.page.evaluate(CUT)
        await is_back(ada)
    assert (await ada.report())["participant_id"] == before
    await ada.close()


async def test_a_connection_lost_while_media_is_being_connected_is_made_good(
    browser: Browser, server: RunningServer
) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url, remember_socket)
    await ada.create_meeting()
    await ada.join()
    for _ in range(3):
        await ada.page.evaluate(CUT)
        await ada.page.wait_for_function(ON_ANOTHER_SOCKET)
    await has_media(ada)
    assert ada.errors == []
    await ada.close()

"""The one who speaks has the floor, in real browsers: their microphones beep."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import BrowserPerson
from tests.support.eventually import eventually
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser

PATIENCE_MS = 45_000
"""A microphone that beeps is silent most of the time; on a busy machine some beeps come in pieces."""


async def test_the_floor_follows_whoever_is_heard(browser: Browser, server: RunningServer) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    meeting_id = await ada.create_meeting()
    await ada.join()
    ben = await BrowserPerson.arrive(browser, "Ben", f"{server.url}/m/{meeting_id}")
    await ben.part("mic-toggle").click()
    await ben.join()
    await expect(ben.tile_of("Ada")).to_have_attribute("data-speaker", "on", timeout=PATIENCE_MS)

    await ada.part("mic-toggle").click()
    await ben.part("mic-toggle").click()
    await expect(ada.tile_of("Ben")).to_have_attribute("data-speaker", "on", timeout=PATIENCE_MS)
    await expect(ben.tile_of("Ada")).to_have_attribute("data-speaker", "off")

    cleo = await BrowserPerson.arrive(browser, "Cleo", f"{server.url}/m/{meeting_id}")
    for switch in ("mic-toggle", "camera-toggle"):
        await cleo.part(switch).click()
    await cleo.join()
    await expect(cleo.tile_of("Ben")).to_have_attribute("data-speaker", "on", timeout=PATIENCE_MS)

    async def shown_large() -> bool:
        boxes = [await cleo.tile_of(name).bounding_box() for name in ("Ben", "Ada")]
        return all(boxes) and boxes[0]["width"] > 2 * boxes[1]["width"]

    assert not await shown_large()
    await cleo.page.keyboard.press("w")
    await eventually(shown_large, "who speaks is large")
    await cleo.page.keyboard.press("w")

    async def silence_is_recorded() -> bool:
        return server.events(meeting_id, type="dominant_speaker.changed")[-1]["participant_id"] is None

    await ben.part("mic-toggle").click()
    await eventually(silence_is_recorded, "nobody has the floor", within_s=45)
    people = {person["display_name"]: person["participant_id"] for person in (await ada.report())["remote"]}
    people["Ada"] = (await ada.report())["participant_id"]
    changes = server.events(meeting_id, type="dominant_speaker.changed")
    speakers = [change["participant_id"] for change in changes if change["participant_id"]]
    assert [speakers[0], speakers[-1]] == [people["Ada"], people["Ben"]]
    assert [person.errors for person in (ada, ben, cleo)] == [[], [], []]

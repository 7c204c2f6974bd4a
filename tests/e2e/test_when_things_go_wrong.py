"""Clear words for everything that keeps a person out of a meeting, in the real page."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Playwright, async_playwright, expect

from tests.e2e.browser import CHROMIUM, FLAGS, BrowserPerson
from tests.support.person import Person
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser


def a_meeting(server: RunningServer, **settings: object) -> str:
    status, meeting = server.request("POST", "/api/meetings", token=server.token("host"), body=settings)
    assert status == 201, meeting
    return str(meeting["id"])


async def test_a_meeting_that_is_not_there(browser: Browser, server: RunningServer) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", f"{server.url}/m/no-such-meeting")
    await expect(ada.page.get_by_text("There is no such meeting")).to_be_visible(timeout=10_000)


async def test_a_meeting_that_is_full(browser: Browser, server: RunningServer) -> None:
    meeting_id = a_meeting(server, title="Small", max_participants=1)
    host = await (await Person(server.url, server.token("host")).connect()).join(meeting_id)
    ada = await BrowserPerson.arrive(browser, "Ada", f"{server.url}/m/{meeting_id}")
    await ada.part("prejoin-name").fill("Ada")
    await ada.part("join-button").click()
    await expect(ada.page.get_by_text("This meeting is full")).to_be_visible()
    await host.disconnect()


async def test_a_meeting_that_admits_no_guests(browser: Browser, server: RunningServer) -> None:
    meeting_id = a_meeting(server, title="Members", guests_allowed=False)
    ada = await BrowserPerson.arrive(browser, "Ada", f"{server.url}/m/{meeting_id}")
    await ada.part("prejoin-name").fill("Ada")
    await ada.part("join-button").click()
    await expect(ada.page.get_by_text("You cannot enter this meeting")).to_be_visible()


async def test_a_meeting_that_its_host_closes(browser: Browser, server: RunningServer) -> None:
    meeting_id = a_meeting(server, title="Brief")
    host = await (await Person(server.url, server.token("host")).connect()).join(meeting_id)
    ada = await BrowserPerson.arrive(browser, "Ada", f"{server.url}/m/{meeting_id}")
    await ada.join()
    await host.ask("room:close")
    await expect(ada.page.get_by_text("The meeting has ended")).to_be_visible()
    await host.disconnect()


async def without_flags(playwright: Playwright, *unwanted: str) -> Browser:
    flags = [flag for flag in FLAGS if not flag.startswith(unwanted)]
    return await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)


async def test_a_refused_permission_says_what_to_do_and_joining_still_works(server: RunningServer) -> None:
    meeting_id = a_meeting(server, title="Shy")
    async with async_playwright() as playwright:
        browser = await without_flags(playwright, "--use-fake-ui")  # headless: nobody is asked, so it is refused
        ada = await BrowserPerson.arrive(browser, "Ada", f"{server.url}/m/{meeting_id}")
        await expect(ada.part("camera-problem")).to_be_visible(timeout=10_000)
        await ada.join()
        await expect(ada.tile_of("Ada")).to_have_attribute("data-video", "off")
        await browser.close()


async def test_a_machine_without_camera_says_so_and_joining_still_works(server: RunningServer) -> None:
    meeting_id = a_meeting(server, title="Blind")
    async with async_playwright() as playwright:
        browser = await without_flags(playwright, "--use-fake-device")
        ada = await BrowserPerson.arrive(browser, "Ada", f"{server.url}/m/{meeting_id}")
        await expect(ada.part("camera-problem")).to_be_visible(timeout=10_000)
        await ada.join()
        await browser.close()


async def test_the_keyboard_alone_is_enough(browser: Browser, server: RunningServer) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    await ada.part("home-name").focus()
    await ada.page.keyboard.type("Ada")
    await ada.page.keyboard.press("Tab")  # to "New meeting"
    await ada.page.keyboard.press("Enter")
    await ada.page.wait_for_url("**/m/*")
    await ada.part("join-button").focus()
    await ada.page.keyboard.press("Enter")
    await expect(ada.part("leave")).to_be_visible(timeout=20_000)
    await ada.page.keyboard.press("m")
    await expect(ada.tile_of("Ada")).to_have_attribute("data-audio", "off")
    await ada.page.keyboard.press("r")
    await expect(ada.tile_of("Ada")).to_have_attribute("data-hand", "on")
    await ada.page.keyboard.press("?")
    await expect(ada.part("panel-shortcuts")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(ada.part("panel-shortcuts")).to_be_hidden()

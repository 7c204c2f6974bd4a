"""An operator sees in a real browser what the node carries and what waits for somebody, as it changes."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import BrowserPerson
from tests.support.person import Person
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser


async def open_page(browser: Browser, server: RunningServer, token: str) -> Page:
    page = await browser.new_page(viewport={"width": 1280, "height": 900})
    await page.goto(f"{server.url}/operator")
    await page.get_by_test_id("operator-token").fill(token)
    await page.get_by_test_id("operator-enter").click()
    return page


async def test_an_operator_sees_what_the_node_carries_as_it_changes(server: RunningServer, browser: Browser) -> None:
    page = await open_page(browser, server, server.operator_token())
    await expect(page.get_by_test_id("overview-status")).to_have_text("Live")
    people, media_in = page.get_by_test_id("figure-people"), page.get_by_test_id("figure-bits_in_rate")
    await expect(people.locator("dd").first).to_have_text("0")
    await expect(page.get_by_test_id("no-rooms")).to_be_visible()

    rule = {"name": "Somebody raised a hand", "when": {"event_types": ["hand.raised"]}, "quiet_s": 3600}
    assert server.request("POST", "/api/alert-rules", token=server.operator_token(), body=rule)[0] == 201
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    meeting = await ada.create_meeting()
    await ada.join()
    bob = await Person(server.url, server.token("bob")).connect()
    await bob.join(meeting)
    await bob.ask("hand:raise", raised=True)

    await expect(people.locator("dd").first).to_have_text("2", timeout=15_000)
    await expect(page.get_by_test_id("rooms-table").locator("tbody tr")).to_have_count(1)
    await expect(page.get_by_test_id("rooms-table")).to_contain_text(meeting)
    await expect(page.get_by_test_id("workers-table").locator("tbody tr")).to_have_count(1)
    await expect(media_in.locator("dd").first).to_have_text(re.compile(r"[1-9].* [kM]bit/s"), timeout=15_000)
    await expect(page.get_by_test_id("open-alerts")).to_contain_text("Somebody raised a hand", timeout=15_000)
    await expect(page.get_by_test_id("attention-alerts")).to_have_class("alarming")
    await expect(media_in.locator("path.line")).to_have_attribute("d", re.compile(r"^M.*L100 "))
    if folder := os.environ.get("FOLKMOOT_PICTURES"):
        await page.wait_for_timeout(20_000)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await page.screenshot(path=str(Path(folder) / f"operator-overview-{scheme}.png"), full_page=True)

    await bob.disconnect()
    await ada.leave()
    await expect(people.locator("dd").first).to_have_text("0", timeout=15_000)
    await page.get_by_role("link", name="Live events").click()
    await expect(page.get_by_test_id("stream-status")).to_have_text("Live")


async def test_nobody_else_sees_it(server: RunningServer, browser: Browser) -> None:
    page = await open_page(browser, server, server.token("ada", role="host"))
    await expect(page.get_by_test_id("operator-problem")).to_contain_text("operators")
    await expect(page.get_by_test_id("operator-token")).to_be_visible()
    assert server.request("GET", "/api/overview", token=server.token("ada"))[0] == 403
    assert server.request("GET", "/api/overview")[0] == 401

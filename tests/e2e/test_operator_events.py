"""An operator watches in a real browser what happens, as it happens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.person import Person
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser


async def open_page(browser: Browser, server: RunningServer, token: str) -> Page:
    page = await browser.new_page(viewport={"width": 1280, "height": 720})
    await page.goto(f"{server.url}/operator/events")
    await page.get_by_test_id("operator-token").fill(token)
    await page.get_by_test_id("operator-enter").click()
    return page


async def test_an_operator_sees_a_meeting_happen_and_looks_closer(server: RunningServer, browser: Browser) -> None:
    page = await open_page(browser, server, server.operator_token())
    await expect(page.get_by_test_id("stream-status")).to_have_text("Live")
    rows = page.get_by_test_id("stream-event")

    ada = await Person(server.url, server.token("ada", name="<b>Ada</b>", grants={"room_create": True})).connect()
    meeting = (await ada.ask("room:create", title="Watched"))["meeting"]["id"]
    await ada.join(meeting)
    await expect(rows.filter(has_text="participant.joined")).to_contain_text("<b>Ada</b>")

    await page.get_by_test_id("stream-pause").click()
    shown = await rows.count()
    await ada.ask("hand:raise", raised=True)
    await expect(page.get_by_test_id("stream-seen")).to_have_text("1 more since you paused")
    assert await rows.count() == shown
    await page.get_by_test_id("stream-pause").click()
    await expect(rows.first).to_contain_text("hand.raised")
    joined = rows.filter(has_text="participant.joined")
    await joined.locator("summary").click()
    await expect(joined.locator("pre")).to_be_visible()
    await expect(joined.locator("pre")).to_contain_text('"display_name"')
    if folder := os.environ.get("FOLKMOOT_PICTURES"):
        await page.screenshot(path=str(Path(folder) / "operator-events.png"))

    await page.get_by_test_id("stream-types").fill("hand.lowered")
    await page.get_by_test_id("stream-apply").click()
    await expect(page.get_by_test_id("stream-status")).to_have_text("Live")
    await ada.ask("reaction:send", reaction="heart")
    await ada.ask("hand:raise", raised=False)
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("hand.lowered")
    await ada.disconnect()


async def test_nobody_else_gets_in(server: RunningServer, browser: Browser) -> None:
    page = await open_page(browser, server, server.token("ada", role="host"))
    await expect(page.get_by_test_id("operator-problem")).to_contain_text("operators")
    await expect(page.get_by_test_id("operator-token")).to_be_visible()

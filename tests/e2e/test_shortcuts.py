"""Every key of a call does what the list says, and can be exchanged for another, in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.e2e.browser import BrowserPerson
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture
async def ada(browser: Browser, server: RunningServer) -> AsyncIterator[BrowserPerson]:
    person = await BrowserPerson.arrive(browser, "Ada", server.url)
    await person.create_meeting()
    await person.join()
    yield person
    assert person.errors == []


async def test_each_key_does_what_the_list_says(ada: BrowserPerson) -> None:
    mine = ada.tile_of("Ada")
    for key, attribute, states in (
        ("m", "data-audio", ("off", "on")),
        ("Control+d", "data-audio", ("off", "on")),
        ("v", "data-video", ("off", "on")),
        ("Control+e", "data-video", ("off", "on")),
        ("r", "data-hand", ("on", "off")),
        ("1", "data-pinned", ("on", "off")),
    ):
        for state in states:
            await ada.page.keyboard.press(key)
            await expect(mine, f"{key} makes {attribute} {state}").to_have_attribute(attribute, state, timeout=15_000)
    await ada.page.keyboard.press("1")
    await expect(mine).to_have_attribute("data-pinned", "on")
    await ada.page.keyboard.press("0")
    await expect(mine).to_have_attribute("data-pinned", "off")

    for key, panel in (("p", "people"), ("Control+Alt+c", "chat"), ("?", "shortcuts")):
        await ada.page.keyboard.press(key)
        await expect(ada.part(f"panel-{panel}")).to_be_visible()
        # The chat takes what is typed for itself.
        await ada.page.locator("h1").evaluate("() => document.activeElement.blur()")
        await ada.page.keyboard.press("Escape")
        await expect(ada.part(f"panel-{panel}")).to_have_count(0)

    for key, reaction in (("t", "👍"), ("c", "👏"), ("h", "❤️"), ("l", "😂"), ("o", "😮"), ("y", "🎉")):
        await ada.page.keyboard.press(f"Alt+{key}")
        await expect(ada.page.locator(".reaction", has_text=reaction)).to_be_visible()

    layout = "() => JSON.parse(localStorage.getItem('folkmoot.preferences')).layout"
    for wanted in ("speaker", "grid"):
        await ada.page.keyboard.press("w")
        await ada.page.wait_for_function(f"({layout})() === '{wanted}'")
    await ada.page.keyboard.press("s")
    await ada.page.wait_for_function("() => document.fullscreenElement !== null")
    await ada.page.keyboard.press("s")
    await ada.page.wait_for_function("() => document.fullscreenElement === null")
    for shared in (1, 0):
        await ada.page.keyboard.press("d")
        await expect(ada.part("sharing-banner")).to_have_count(shared)


async def test_a_key_is_exchanged_refused_where_it_is_taken_remembered_and_given_back(ada: BrowserPerson) -> None:
    mine, row = ada.tile_of("Ada"), ada.part("shortcut-hand")
    await ada.page.keyboard.press("?")
    await row.get_by_test_id("shortcut-change").click()
    await ada.page.keyboard.press("m")
    await expect(ada.part("shortcut-problem")).to_have_text("That key is for: Mute or unmute.")
    await expect(mine).to_have_attribute("data-audio", "on")
    await ada.page.keyboard.press("Escape")
    await expect(row.locator("kbd")).to_have_text("R")
    await expect(ada.part("panel-shortcuts")).to_be_visible()
    await row.get_by_test_id("shortcut-change").click()
    await ada.page.keyboard.press("Control+Alt+h")
    await expect(row.locator("kbd")).to_have_text("Ctrl+Alt+H")
    await ada.shot("shortcuts")
    await ada.page.keyboard.press("r")
    await ada.page.keyboard.press("Control+Alt+h")
    await expect(mine).to_have_attribute("data-hand", "on")
    await expect(ada.part("hand-toggle")).to_have_attribute("aria-keyshortcuts", "Control+Alt+H")

    await ada.page.reload()
    await ada.join()
    await ada.page.keyboard.press("Control+Alt+h")
    await expect(mine).to_have_attribute("data-hand", "on")
    await ada.page.keyboard.press("?")
    await row.get_by_test_id("shortcut-reset").click()
    await expect(row.locator("kbd")).to_have_text("R")
    await ada.page.keyboard.press("r")
    await expect(mine).to_have_attribute("data-hand", "off")

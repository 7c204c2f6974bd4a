"""What people show of themselves without media: that they are away, what they are called, reactions by key."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import BrowserPerson
from tests.e2e.test_chat import pair
from tests.e2e.test_hosting import act_on
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser

HOSTILE = "Bob <i>\u202e" + "x" * 200


async def rename(person: BrowserPerson, of: str, name: str) -> None:
    await act_on(person, of, "rename")
    await person.part("rename-name").fill(name)
    await person.part("rename-save").click()


async def test_a_new_name_is_seen_by_all_and_said_in_the_chat(browser: Browser, server: RunningServer) -> None:
    ada, bob = await pair(browser, server)
    await rename(bob, "Bob", HOSTILE)
    kept = "Bob <i>" + "x" * 57
    for person in (ada, bob):
        await expect(person.tile_of(kept)).to_be_visible()
    await ada.part("chat-toggle").click()
    await expect(ada.part("chat-note")).to_contain_text(f"Bob is now called {kept}.")
    # A host names others, nobody else does.
    await ada.part("tab-people").click()
    await rename(ada, kept, "Robert")
    await expect(bob.tile_of("Robert")).to_be_visible()
    row = bob.page.locator('[data-testid^="person-"][data-name="Ada"]')
    await row.get_by_test_id("person-menu").click()
    await expect(row.get_by_test_id("pin")).to_be_visible()
    await expect(row.get_by_test_id("rename")).to_have_count(0)
    assert [person.errors for person in (ada, bob)] == [[], []]


async def test_whoever_steps_away_is_shown_so_until_they_are_back(browser: Browser, server: RunningServer) -> None:
    ada, bob = await pair(browser, server)
    await bob.part("more-toggle").click()
    await bob.part("step-away").click()
    away = ada.tile_of("Bob").get_by_test_id("tile-absence")
    await expect(away).to_have_text("· away")
    await expect(bob.tile_of("Bob").get_by_test_id("tile-absence")).to_have_text("· away")
    cy = await BrowserPerson.arrive(browser, "Cy", bob.page.url)
    await cy.join()
    await expect(cy.tile_of("Bob").get_by_test_id("tile-absence")).to_have_text("· away")
    await bob.page.keyboard.press("r")
    await expect(away).to_have_count(0)
    await expect(bob.tile_of("Bob").get_by_test_id("tile-absence")).to_have_count(0)


async def test_keys_react_pin_and_open_the_microphone_while_held(browser: Browser, server: RunningServer) -> None:
    ada, bob = await pair(browser, server)
    await bob.page.keyboard.press("Alt+t")
    await expect(ada.page.locator(".reaction")).to_contain_text("👍")
    await ada.page.keyboard.press("1")
    await expect(ada.tile_of("Bob")).to_have_attribute("data-pinned", "on")
    await ada.page.keyboard.press("0")
    await expect(ada.tile_of("Bob")).to_have_attribute("data-pinned", "off")
    # Clicked with the pointer, the button keeps the focus; the held key is for the microphone all the same.
    await bob.part("mic-toggle").click()
    await expect(ada.tile_of("Bob")).to_have_attribute("data-audio", "off")
    await bob.page.keyboard.down("Space")
    await expect(ada.tile_of("Bob")).to_have_attribute("data-audio", "on")
    await bob.page.keyboard.up("Space")
    await expect(ada.tile_of("Bob")).to_have_attribute("data-audio", "off")
    # Nothing of this while somebody writes.
    await bob.part("chat-toggle").click()
    await bob.part("chat-input").press_sequentially("m v 1?")
    await expect(bob.part("chat-input")).to_have_value("m v 1?")
    await expect(bob.part("camera-toggle")).to_have_attribute("aria-pressed", "true")
    await expect(ada.tile_of("Bob")).to_have_attribute("data-audio", "off")


async def test_the_panel_is_walked_by_keyboard(browser: Browser, server: RunningServer) -> None:
    ada, _ = await pair(browser, server)
    await ada.page.keyboard.press("p")
    await expect(ada.part("tab-people")).to_be_focused()
    for tab in ("chat", "polls", "people"):
        await ada.page.keyboard.press("ArrowRight")
        await expect(ada.part(f"tab-{tab}")).to_be_focused()
        await expect(ada.part(f"panel-{tab}")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(ada.part("panel-people")).to_have_count(0)
    await ada.page.keyboard.press("Control+Alt+c")
    await expect(ada.part("chat-input")).to_be_focused()

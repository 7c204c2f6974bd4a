"""Every button of a host that acts on others, pressed in a real browser, and what it does to those others."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.browser import BrowserPerson
from tests.e2e.test_a_meeting import sees
from tests.e2e.test_hosting import act_on, ask_to_join, hosted, waiting
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser


def row_of(person: BrowserPerson, name: str) -> Locator:
    return person.page.locator(f'[data-testid^="person-"][data-name="{name}"]')


async def test_cameras_shares_and_hands_of_others(browser: Browser, server: RunningServer) -> None:
    ada, url = await hosted(browser, server, lobby=False)
    bob, cy = [await BrowserPerson.arrive(browser, name, url) for name in ("Bob", "Cy")]
    for person in (bob, cy):
        await person.join()
        await person.part("hand-toggle").click()
        await expect(ada.tile_of(person.name)).to_have_attribute("data-hand", "on")
    await ada.part("people-toggle").click()
    await ada.part("lower-all-hands").click()
    for person in (bob, cy):
        await expect(person.tile_of(person.name)).to_have_attribute("data-hand", "off")
    await expect(ada.part("hands")).to_have_count(0)

    await ada.part("stop-all").click()
    for person in (bob, cy):
        await expect(person.tile_of(person.name)).to_have_attribute("data-video", "off")
        await expect(person.part("camera-toggle")).to_have_attribute("aria-pressed", "false")
    await act_on(ada, "Bob", "ask-video")
    await expect(bob.part("unmute-prompt")).to_contain_text("Ada asks you to turn your camera on")
    await expect(ada.tile_of("Bob")).to_have_attribute("data-video", "off")
    await bob.part("unmute-yes").click()
    await expect(ada.tile_of("Bob")).to_have_attribute("data-video", "on")
    await sees(ada, bob)

    await bob.part("share-toggle").click()
    await expect(ada.part("screen-tile")).to_be_visible(timeout=20_000)
    await expect(bob.part("sharing-banner")).to_be_visible()
    await act_on(ada, "Bob", "stop-share")
    await expect(bob.part("sharing-banner")).to_have_count(0)
    await expect(ada.part("screen-tile")).to_have_count(0)
    assert ada.errors == bob.errors == cy.errors == []


async def test_what_one_person_may_is_given_and_taken(browser: Browser, server: RunningServer) -> None:
    ada, url = await hosted(browser, server, lobby=False)
    bob = await BrowserPerson.arrive(browser, "Bob", url)
    await bob.join()
    await bob.part("chat-toggle").click()
    await expect(bob.part("chat-input")).to_be_visible()
    await act_on(ada, "Bob", "permit-chat")
    await expect(bob.part("chat-off")).to_be_visible()
    await row_of(ada, "Bob").get_by_test_id("person-menu").click()
    await ada.shot("people-actions")
    await row_of(ada, "Bob").get_by_test_id("person-menu").click()
    await act_on(ada, "Bob", "permit-chat")
    await expect(bob.part("chat-input")).to_be_visible()
    await act_on(ada, "Bob", "host", sure=True)
    await expect(bob.page.get_by_text("You are host of this meeting now")).to_be_visible()
    await expect(row_of(ada, "Bob").get_by_test_id("person-role")).to_have_text("Host")
    await bob.part("tab-people").click()
    await expect(bob.part("host-controls")).to_be_visible()
    await act_on(ada, "Bob", "host", sure=True)
    await expect(bob.page.get_by_text("You are no longer a host")).to_be_visible()
    await expect(bob.part("host-controls")).to_have_count(0)
    assert ada.errors == bob.errors == []


async def test_whoever_is_blocked_stays_out_until_a_host_thinks_otherwise(
    browser: Browser, server: RunningServer
) -> None:
    ada, url = await hosted(browser, server, lobby=False)
    bob = await BrowserPerson.arrive(browser, "Bob", url)
    await bob.join()
    await act_on(ada, "Bob", "block", sure=True)
    await expect(bob.part("ended-blocked")).to_be_visible()
    await expect(bob.part("rejoin")).to_have_count(0)
    await bob.page.reload()
    await bob.part("join-button").click()
    await expect(bob.page.get_by_text("A host has blocked you from it.")).to_be_visible()
    await ada.part("blocked-people").click()
    blocked = ada.part("block-list").locator("li")
    await expect(blocked).to_have_attribute("data-name", "Bob")
    await ada.shot("people-blocked")
    await blocked.get_by_test_id("unblock").click()
    await expect(blocked).to_have_count(0)
    await bob.page.reload()
    await bob.join()
    await expect(ada.tile_of("Bob")).to_be_visible()
    assert ada.errors == bob.errors == []


async def test_those_who_wait_are_written_to_blocked_and_let_in_together(
    browser: Browser, server: RunningServer
) -> None:
    ada, url = await hosted(browser, server, lobby=True)
    bob, cy, eve = [await ask_to_join(browser, name, url) for name in ("Bob", "Cy", "Eve")]
    await ada.part("people-toggle").click()
    await ada.part("waiting-to").select_option(label="To Cy")
    await ada.part("waiting-message").fill("You are next.")
    await ada.part("send-waiting-message").click()
    await expect(cy.part("lobby-message")).to_have_text("You are next.")
    await waiting(ada, "Eve").get_by_test_id("deny-block").click()
    await expect(waiting(ada, "Eve")).to_be_visible()
    await waiting(ada, "Eve").get_by_test_id("deny-block").click()
    await expect(eve.part("ended-denied")).to_be_visible()
    await eve.part("rejoin").click()
    await eve.part("join-button").click()
    await expect(eve.page.get_by_text("A host has blocked you from it.")).to_be_visible()
    await ada.part("admit-all").click()
    for person in (bob, cy):
        await expect(person.part("leave")).to_be_visible(timeout=20_000)
    await expect(ada.part("waiting-list")).to_have_count(0)
    await expect(bob.page.get_by_text("You are next.")).to_have_count(0)
    assert ada.errors == bob.errors == cy.errors == eve.errors == []

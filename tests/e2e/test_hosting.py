"""Hosts run a meeting, and people wait to be let in, in real browsers through the page alone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.browser import BrowserPerson
from tests.e2e.test_a_meeting import sees
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser


async def hosted(browser: Browser, server: RunningServer, *, lobby: bool) -> tuple[BrowserPerson, str]:
    """Ada makes a meeting on the home page and is in it."""
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    if lobby:
        await ada.part("meeting-options").click()
        await ada.part("switch-new-lobby").check()
    meeting_id = await ada.create_meeting()
    await ada.join()
    return ada, f"{server.url}/m/{meeting_id}"


async def ask_to_join(browser: Browser, name: str, url: str) -> BrowserPerson:
    person = await BrowserPerson.arrive(browser, name, url)
    await person.part("prejoin-name").fill(name)
    await expect(person.part("join-button")).to_have_text("Ask to join")
    await person.part("join-button").click()
    await expect(person.part("waiting")).to_be_visible()
    return person


async def act_on(host: BrowserPerson, name: str, action: str, *, sure: bool = False) -> None:
    """Through the people panel, opened if need be."""
    if not await host.part("panel-people").is_visible():
        await host.part("people-toggle").click()
    row = host.page.locator(f'[data-testid^="person-"][data-name="{name}"]')
    await row.get_by_test_id("person-menu").click()
    button = row.get_by_test_id(action)
    await button.click()
    if sure:
        await button.click()


def waiting(host: BrowserPerson, name: str) -> Locator:
    return host.part("waiting-list").locator(f'[data-name="{name}"]')


async def test_people_wait_in_the_lobby_until_the_host_lets_them_in(browser: Browser, server: RunningServer) -> None:
    ada, url = await hosted(browser, server, lobby=True)
    bob = await ask_to_join(browser, "Bob", url)
    await expect(ada.part("door-banner")).to_contain_text("Bob asks to come in")
    await expect(ada.part("waiting-badge")).to_contain_text("1")
    cy = await ask_to_join(browser, "Cy <b>x</b>", url)
    await expect(cy.part("waiting")).to_contain_text("One person was here before you.")
    await expect(cy.page.get_by_text("Ada", exact=True)).to_have_count(0)
    await ada.part("door-show").click()
    await ada.part("waiting-message").fill("Two more minutes, please.")
    await ada.part("send-waiting-message").click()
    await expect(bob.part("lobby-message")).to_have_text("Two more minutes, please.")
    await bob.shot("lobby-guest")
    await ada.shot("lobby-host")
    await waiting(ada, "Cy <b>x</b>").get_by_test_id("deny").click()
    await expect(cy.part("ended-denied")).to_be_visible()
    await cy.shot("ended-denied")
    await waiting(ada, "Bob").get_by_test_id("admit").click()
    await expect(bob.part("leave")).to_be_visible(timeout=15_000)
    await sees(bob, ada)
    await sees(ada, bob)
    await expect(ada.part("waiting-list")).to_have_count(0)
    await cy.part("rejoin").click()
    await cy.part("join-button").click()
    await expect(cy.part("waiting")).to_be_visible()
    await cy.part("leave-lobby").click()
    await expect(cy.part("join-button")).to_be_visible()
    await expect(ada.part("waiting-badge")).to_have_count(0)
    for person in (ada, bob, cy):
        assert person.errors == []


async def test_a_host_mutes_and_asks_and_only_the_person_unmutes(browser: Browser, server: RunningServer) -> None:
    ada, url = await hosted(browser, server, lobby=False)
    bob = await BrowserPerson.arrive(browser, "Bob", url)
    await bob.join()
    await sees(ada, bob)
    await expect(ada.tile_of("Bob")).to_have_attribute("data-audio", "on")
    await act_on(ada, "Bob", "mute")
    await expect(ada.tile_of("Bob")).to_have_attribute("data-audio", "off")
    await expect(bob.tile_of("Bob")).to_have_attribute("data-audio", "off")
    await expect(bob.page.get_by_text("Ada muted you")).to_be_visible()
    await act_on(ada, "Bob", "ask-unmute")
    await expect(bob.part("unmute-prompt")).to_contain_text("Ada asks you to unmute")
    await expect(ada.tile_of("Bob")).to_have_attribute("data-audio", "off")
    await bob.shot("unmute-prompt")
    await bob.part("unmute-yes").click()
    await expect(ada.tile_of("Bob")).to_have_attribute("data-audio", "on")
    await ada.part("switch-feature-unmute").click()
    await ada.part("mute-all").click()
    await expect(bob.tile_of("Bob")).to_have_attribute("data-audio", "off")
    await bob.part("mic-toggle").click()
    await expect(bob.page.get_by_text("A host has to let you speak here.")).to_be_visible()
    await expect(bob.tile_of("Bob")).to_have_attribute("data-audio", "off")
    await expect(ada.tile_of("Bob")).to_have_attribute("data-audio", "off")
    assert ada.errors == bob.errors == []


async def test_hands_have_an_order_and_the_spotlight_is_everybodys(browser: Browser, server: RunningServer) -> None:
    ada, url = await hosted(browser, server, lobby=False)
    bob, cy = [await BrowserPerson.arrive(browser, name, url) for name in ("Bob", "Cy")]
    for person in (bob, cy):
        await person.join()
    for person in (cy, bob):
        await person.part("hand-toggle").click()
        await expect(ada.tile_of(person.name)).to_have_attribute("data-hand", "on")
    await ada.part("people-toggle").click()
    await expect(ada.part("hands").locator(".person-name")).to_have_text(["Cy", "Bob"])
    await ada.shot("people-hands")
    await act_on(ada, "Cy", "lower-hand")
    await expect(cy.tile_of("Cy")).to_have_attribute("data-hand", "off")
    await expect(ada.part("hands").locator(".person-name")).to_have_text(["Bob"])
    await act_on(ada, "Bob", "spotlight")
    for person in (ada, bob, cy):
        await expect(person.tile_of("Bob")).to_have_attribute("data-spotlit", "on")
        await expect(person.part("featured").locator(".featured article")).to_have_attribute("data-name", "Bob")
    await act_on(cy, "Ada", "pin")
    await expect(cy.tile_of("Ada")).to_have_attribute("data-pinned", "on")
    await expect(bob.tile_of("Ada")).to_have_attribute("data-pinned", "off")
    assert ada.errors == bob.errors == cy.errors == []


async def test_a_co_host_moderates_and_whoever_is_removed_is_out(browser: Browser, server: RunningServer) -> None:
    ada, url = await hosted(browser, server, lobby=False)
    bob, cy = [await BrowserPerson.arrive(browser, name, url) for name in ("Bob", "Cy")]
    for person in (bob, cy):
        await person.join()
    await cy.part("people-toggle").click()
    await expect(cy.part("host-controls")).to_have_count(0)
    await act_on(ada, "Bob", "co-host")
    await expect(bob.page.get_by_text("You are a co-host now")).to_be_visible()
    await act_on(bob, "Cy", "remove", sure=True)
    await expect(cy.part("ended-removed")).to_be_visible()
    await cy.shot("ended-removed")
    await expect(ada.tile_of("Cy")).to_have_count(0)
    await expect(bob.tile_of("Cy")).to_have_count(0)
    await bob.part("switch-lock").click()
    await expect(ada.page.get_by_text("The meeting is locked now")).to_be_visible()
    late = await BrowserPerson.arrive(browser, "Dee", url)
    await late.part("prejoin-name").fill("Dee")
    await late.part("join-button").click()
    await expect(late.part("join-problem")).to_contain_text("This meeting is locked")
    await ada.part("end-for-all").click()
    await ada.part("end-for-all").click()
    await expect(bob.part("ended-closed")).to_be_visible()
    await expect(ada.part("ended-closed")).to_be_visible()
    assert ada.errors == bob.errors == cy.errors == []


async def test_a_meeting_is_made_with_a_password_and_without_shares(browser: Browser, server: RunningServer) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    await ada.part("meeting-options").click()
    await ada.part("new-password").fill("swordfish")
    await ada.part("switch-new-screen_share").uncheck()
    meeting_id = await ada.create_meeting()
    await ada.join()
    bob = await BrowserPerson.arrive(browser, "Bob", f"{server.url}/m/{meeting_id}")
    await bob.part("prejoin-name").fill("Bob")
    await bob.part("join-button").click()
    await bob.part("prejoin-password").fill("swordfish")
    await bob.part("join-button").click()
    await expect(bob.part("leave")).to_be_visible(timeout=15_000)
    await expect(bob.part("share-toggle")).to_be_disabled()
    await expect(ada.part("share-toggle")).to_be_enabled()
    await act_on(ada, "Bob", "permit-presenter")
    await expect(bob.part("share-toggle")).to_be_enabled()
    assert ada.errors == bob.errors == []

"""What the page says of a schedule, and what people choose to be told of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import BrowserPerson
from tests.e2e.test_hosting import ask_to_join
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser

SAID = """() => {
  window.said = []
  const keep = (changes) => { for (const c of changes) for (const n of c.addedNodes) said.push(n.textContent) }
  new MutationObserver(keep).observe(document.querySelector('[data-testid=notices]'), { childList: true })
}"""
"""From here on every notice is kept."""


def scheduled(server: RunningServer, **settings: object) -> str:
    """The page of a meeting with these settings, whose times are four minutes ahead."""
    soon = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
    body = {"title": "Lesson"} | {name: soon if value is ... else value for name, value in settings.items()}
    status, meeting = server.request("POST", "/api/meetings", token=server.token("teacher"), body=body)
    assert status == 201, meeting
    return f"{server.url}/m/{meeting['id']}"


async def test_who_is_in_is_reminded_of_the_end_and_who_waits_of_the_beginning(
    browser: Browser, server: RunningServer
) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", scheduled(server, scheduled_end_time=...))
    await ada.join()
    bob = await ask_to_join(browser, "Bob", scheduled(server, scheduled_start_time=..., lobby=True))
    await expect(ada.part("notices")).to_contain_text("The meeting is to end in 4 minutes", timeout=20_000)
    await expect(bob.part("waiting-reminder")).to_have_text("The meeting begins in 4 minutes", timeout=20_000)
    for person in (ada, bob):
        await person.close()


async def test_everybody_chooses_what_they_are_told_of(browser: Browser, server: RunningServer) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", scheduled(server))
    await ada.join()
    await ada.part("more-toggle").click()
    await ada.part("open-notices").click()
    await ada.part("switch-notice-people").uncheck()
    await ada.page.evaluate(SAID)
    bob = await BrowserPerson.arrive(browser, "Bob", ada.page.url)
    await bob.join()
    await bob.part("hand-toggle").click()
    await expect(ada.part("notices")).to_contain_text("Bob raised a hand")
    assert await ada.page.evaluate("said") == ["Bob raised a hand"]
    for person in (ada, bob):
        await person.close()

"""A host asks and people answer, in real browsers through the page alone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.browser import BrowserPerson
from tests.e2e.test_chat import pair
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser

ATTACK = "<img src=x onerror=alert(1)>"


async def ask(host: BrowserPerson, question: str, kind: str, *options: str, anonymous: bool = False) -> None:
    await host.part("poll-new").click()
    await host.part("poll-question").fill(question)
    await host.part("poll-type").select_option(kind)
    for index, option in enumerate(options):
        if index >= 2:
            await host.part("poll-add-option").click()
        await host.part("poll-option").nth(index).fill(option)
    if anonymous:
        await host.part("switch-poll-anonymous").check()
    await host.part("poll-ask").click()
    await expect(poll_of(host, question)).to_be_visible()


def poll_of(person: BrowserPerson, question: str) -> Locator:
    return person.page.locator(f'[data-testid="poll"][data-question="{question}"]')


async def test_a_host_asks_people_answer_and_see_how_it_stands(browser: Browser, server: RunningServer) -> None:
    ada, bob = await pair(browser, server)
    await ada.part("polls-toggle").click()
    await ask(ada, "Lunch?", "SingleChoice", "Soup", "Salad", "Bread")
    await expect(bob.part("polls-badge")).to_contain_text("1")
    await expect(bob.page.get_by_text("Ada opened a poll: Lunch?")).to_be_visible()
    await bob.part("polls-toggle").click()
    await expect(bob.part("poll-new")).to_have_count(0)
    mine, hers = poll_of(bob, "Lunch?"), poll_of(ada, "Lunch?")
    await mine.get_by_test_id("poll-choice").nth(1).click()
    await expect(hers.get_by_test_id("poll-choice").nth(1)).to_contain_text("1 · 100 %")
    await mine.get_by_test_id("poll-choice").nth(2).click()
    await expect(hers.get_by_test_id("poll-choice").nth(2)).to_contain_text("1 · 100 %")
    await expect(hers.get_by_test_id("poll-facts")).to_contain_text("1 answer")
    await hers.get_by_test_id("poll-show-answers").click()
    await expect(hers.get_by_test_id("poll-answers")).to_have_text("Bob: Bread")
    await ada.shot("poll-open")
    await hers.get_by_test_id("poll-close").click()
    await expect(mine.get_by_test_id("poll-facts")).to_contain_text("closed")
    await expect(mine.get_by_role("radio").first).to_be_disabled()
    await bob.shot("poll-closed")
    # Who comes later finds it as it ended.
    cy = await BrowserPerson.arrive(browser, "Cy", bob.page.url)
    await cy.join()
    await cy.part("polls-toggle").click()
    await expect(poll_of(cy, "Lunch?").get_by_test_id("poll-choice").nth(2)).to_contain_text("1 · 100 %")
    assert [person.errors for person in (ada, bob, cy)] == [[], [], []]


async def test_a_host_says_how_many_may_be_chosen_and_how_far_a_rating_goes(
    browser: Browser, server: RunningServer
) -> None:
    ada, bob = await pair(browser, server)
    for person in (ada, bob):
        await person.part("polls-toggle").click()
    await ada.part("poll-new").click()
    await ada.part("poll-question").fill("Days?")
    await ada.part("poll-type").select_option("MultipleChoice")
    await expect(ada.part("poll-most-choices")).to_have_count(0)  # two of two is no limit
    for index, day in enumerate(("Mon", "Tue", "Wed")):
        if index >= 2:
            await ada.part("poll-add-option").click()
        await ada.part("poll-option").nth(index).fill(day)
    await ada.part("poll-most-choices").select_option("2")
    await ada.shot("poll-form")
    await ada.part("poll-ask").click()
    days = poll_of(bob, "Days?")
    await expect(days).to_contain_text("At most 2.")
    for place in (0, 1, 2):
        await days.get_by_test_id("poll-choice").nth(place).click()
    await expect(days.get_by_test_id("poll-vote")).to_be_disabled()
    await days.get_by_test_id("poll-choice").nth(0).click()
    await days.get_by_test_id("poll-vote").click()
    await expect(poll_of(ada, "Days?").get_by_test_id("poll-facts")).to_contain_text("1 answer")
    await ada.part("poll-new").click()
    await ada.part("poll-question").fill("How was it?")
    await ada.part("poll-type").select_option("Rating")
    await ada.part("poll-steps").select_option("10")
    await ada.part("poll-ask").click()
    await expect(poll_of(bob, "How was it?").get_by_test_id("poll-choice")).to_have_count(10)
    assert [person.errors for person in (ada, bob)] == [[], []]


async def test_several_choices_ratings_and_words_which_may_be_anonymous_and_hostile(
    browser: Browser, server: RunningServer
) -> None:
    ada, bob = await pair(browser, server)
    for person in (ada, bob):
        await person.part("polls-toggle").click()
    await ask(ada, "Days?", "MultipleChoice", "Mon", "Tue")
    days = poll_of(bob, "Days?")
    for place in (0, 1):
        await days.get_by_test_id("poll-choice").nth(place).click()
    await days.get_by_test_id("poll-vote").click()
    await expect(poll_of(ada, "Days?").get_by_test_id("poll-choice").nth(1)).to_contain_text("1 · 100 %")
    await ask(ada, "How was it?", "Rating", anonymous=True)
    await poll_of(bob, "How was it?").get_by_test_id("poll-choice").nth(3).click()
    await expect(poll_of(ada, "How was it?").get_by_test_id("poll-facts")).to_contain_text("4 on average")
    await expect(poll_of(ada, "How was it?").get_by_test_id("poll-show-answers")).to_have_count(0)
    await ask(ada, "What else?", "OpenEnded", anonymous=True)
    await poll_of(bob, "What else?").get_by_test_id("poll-text").fill(ATTACK)
    await poll_of(bob, "What else?").get_by_test_id("poll-vote").click()
    await poll_of(ada, "What else?").get_by_test_id("poll-show-answers").click()
    await expect(poll_of(ada, "What else?").get_by_test_id("poll-answers")).to_have_text(ATTACK)
    assert await ada.page.locator("img[src=x]").count() == 0
    assert [person.errors for person in (ada, bob)] == [[], []]

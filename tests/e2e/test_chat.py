"""People write to each other in real browsers through the page alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.browser import BrowserPerson
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser

ATTACK = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
BIDI = "\u202egnp.exe"


async def pair(browser: Browser, server: RunningServer, second: str = "Bob") -> tuple[BrowserPerson, BrowserPerson]:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    meeting_id = await ada.create_meeting()
    await ada.join()
    bob = await BrowserPerson.arrive(browser, second, f"{server.url}/m/{meeting_id}")
    await bob.join()
    return ada, bob


async def say(person: BrowserPerson, text: str) -> None:
    await person.part("chat-input").fill(text)
    await person.part("chat-input").press("Enter")
    await expect(person.part("chat-pending")).to_have_count(0)


def messages(person: BrowserPerson) -> Locator:
    return person.part("chat-message")


async def test_two_people_chat_and_what_is_unread_is_counted(browser: Browser, server: RunningServer) -> None:
    ada, bob = await pair(browser, server)
    await ada.part("chat-toggle").click()
    await say(ada, "Hello Bob")
    await say(ada, "Agenda: https://example.org/agenda, ok?")
    await expect(bob.part("chat-badge")).to_contain_text("2")
    await expect(bob.page.get_by_text("Ada: Hello Bob")).to_be_visible()
    await bob.page.keyboard.press("Control+Alt+c")
    await expect(bob.part("panel-chat")).to_be_visible()
    await expect(bob.part("chat-badge")).to_have_count(0)
    link = messages(bob).nth(1).get_by_role("link")
    await expect(link).to_have_attribute("href", "https://example.org/agenda")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await messages(bob).nth(0).hover()
    await messages(bob).nth(0).get_by_test_id("chat-reply").click()
    await say(bob, "Hello Ada")
    await expect(messages(ada).nth(2).get_by_test_id("chat-quote")).to_contain_text("Hello Bob")
    await messages(bob).nth(2).hover()
    await messages(bob).nth(2).get_by_test_id("chat-edit").click()
    await expect(bob.part("chat-input")).to_have_value("Hello Ada")
    await say(bob, "Hello dear Ada")
    await expect(messages(ada).nth(2)).to_contain_text("Hello dear Ada")
    await expect(messages(ada).nth(2)).to_contain_text("edited")
    await ada.shot("chat")
    # The host may take away what somebody else wrote, after being asked once more.
    await messages(ada).nth(2).hover()
    await messages(ada).nth(2).get_by_test_id("chat-delete").click()
    await messages(ada).nth(2).get_by_test_id("chat-delete").click()
    await expect(messages(bob).nth(2)).to_contain_text("This message was deleted")
    await expect(bob.page.get_by_text("dear Ada")).to_have_count(0)
    assert [person.errors for person in (ada, bob)] == [[], []]


async def test_a_private_message_is_for_one_and_history_greets_who_comes_later(
    browser: Browser, server: RunningServer
) -> None:
    ada, bob = await pair(browser, server)
    await ada.part("people-toggle").click()
    row = ada.page.locator('[data-testid^="person-"][data-name="Bob"]')
    await row.get_by_test_id("person-menu").click()
    await row.get_by_test_id("message-privately").click()
    await say(ada, "Only for you")
    await ada.part("chat-to").select_option(label="Everybody")
    await say(ada, "For all")
    await bob.part("chat-toggle").click()
    await expect(messages(bob).nth(0).get_by_test_id("chat-private")).to_have_text("Only to you")
    await bob.shot("chat-private")
    cy = await BrowserPerson.arrive(browser, "Cy", bob.page.url)
    await cy.join()
    await cy.part("chat-toggle").click()
    await expect(messages(cy)).to_have_count(1)
    await expect(messages(cy).nth(0)).to_contain_text("For all")
    await expect(cy.page.get_by_text("Only for you")).to_have_count(0)


async def test_where_a_host_switches_the_chat_off_nobody_else_writes(browser: Browser, server: RunningServer) -> None:
    ada, bob = await pair(browser, server)
    await bob.part("chat-toggle").click()
    await ada.part("people-toggle").click()
    await ada.part("switch-feature-chat").click()
    await expect(bob.part("chat-off")).to_be_visible()
    await expect(bob.part("chat-note")).to_contain_text("Ada switched the chat off.")
    await bob.shot("chat-off")
    await ada.part("tab-chat").click()
    await say(ada, "I can still write")
    await expect(messages(bob)).to_have_count(1)


async def test_a_file_that_lies_elsewhere_is_linked_and_the_chat_can_be_kept(
    browser: Browser, server: RunningServer, tmp_path: Path
) -> None:
    ada, bob = await pair(browser, server)
    for person in (ada, bob):
        await person.part("chat-toggle").click()
    await ada.part("chat-attach").click()
    await ada.part("chat-file-url").fill("javascript:alert(1)")
    await expect(ada.part("chat-file-add")).to_be_disabled()
    await ada.part("chat-file-url").fill("https://files.example.org/plans/agenda.pdf")
    await ada.part("chat-file-add").click()
    await expect(ada.part("chat-chosen-file")).to_have_text("agenda.pdf")
    await say(ada, "Have a look")
    link = messages(bob).nth(0).get_by_role("link")
    await expect(link).to_have_text("agenda.pdf")
    await expect(link).to_have_attribute("href", "https://files.example.org/plans/agenda.pdf")
    await expect(ada.part("chat-chosen-file")).to_have_count(0)
    await say(bob, "Thank you")
    await ada.shot("chat-file")
    async with bob.page.expect_download() as download:
        await bob.part("chat-save").click()
    file = tmp_path / "chat.txt"
    await (await download.value).save_as(file)
    title, *entries = file.read_text().strip().split("\n\n")
    assert title == "Ada's meeting"
    assert [entry.splitlines()[0].split("] ")[1] for entry in entries] == ["Ada", "Bob"]
    shared = ["Have a look", "agenda.pdf: https://files.example.org/plans/agenda.pdf"]
    assert [entry.splitlines()[1:] for entry in entries] == [shared, ["Thank you"]]
    assert [person.errors for person in (ada, bob)] == [[], []]


COUNT_VIOLATIONS = (
    "() => { window.violations = 0; document.addEventListener('securitypolicyviolation', () => window.violations++) }"
)


def listen_for_dialogs(person: BrowserPerson) -> None:
    person.page.on("dialog", lambda dialog: person.errors.append(dialog.message))


async def test_markup_bidi_and_endless_words_are_shown_harmlessly(browser: Browser, server: RunningServer) -> None:
    ada, bob = await pair(browser, server, second=f"{ATTACK}{BIDI}" + "W" * 10_000)
    for person in (ada, bob):
        listen_for_dialogs(person)
        await person.page.evaluate(COUNT_VIOLATIONS)
        await person.part("chat-toggle").click()
    await say(bob, ATTACK)
    await say(bob, f"{BIDI} the rest")
    await say(bob, "W" * 4_000)
    await say(bob, "Z" + "\u0335\u0300\u0316" * 300)
    await say(bob, "https://bank.example@evil.example/ javascript:alert(3)")
    await expect(messages(ada)).to_have_count(5)
    await expect(messages(ada).nth(0)).to_contain_text(ATTACK)
    shown = await messages(ada).all_inner_texts()
    assert not any("\u202e" in text for text in shown)
    assert await ada.page.locator("img[src=x], script:not([src])").count() == 0
    assert await messages(ada).get_by_role("link").count() == 0
    for person in (ada, bob):
        # Nothing pushes the page or the panel wider than it is.
        wide = "() => [document.documentElement, document.querySelector('.chat-scroll')]"
        assert await person.page.evaluate(f"({wide})().every((e) => e.scrollWidth <= e.clientWidth)")
        assert person.errors == []
        assert await person.page.evaluate("() => window.violations") == 0
    await ada.shot("hostile-chat")
    await ada.part("tab-people").click()
    await ada.shot("hostile-people")
    name = ada.page.locator('[data-testid^="person-"]').nth(1)
    assert len(str(await name.get_attribute("data-name"))) <= 64


async def test_what_is_said_while_somebody_is_cut_off_arrives_once(browser: Browser, server: RunningServer) -> None:
    ada, bob = await pair(browser, server)
    for person in (ada, bob):
        await person.part("chat-toggle").click()
    await say(ada, "before")
    await bob.context.set_offline(True)
    await expect(bob.part("reconnecting")).to_be_attached(timeout=40_000)
    await say(ada, "during")
    await bob.part("chat-input").fill("from the dark")
    await bob.part("chat-input").press("Enter")
    await expect(bob.part("chat-pending")).to_have_count(1)
    await bob.context.set_offline(False)
    for person in (ada, bob):
        await expect(messages(person)).to_have_count(3, timeout=30_000)
        shown = [text.splitlines()[-1] for text in await messages(person).all_inner_texts()]
        assert sorted(shown) == ["before", "during", "from the dark"]
    await expect(bob.part("chat-pending")).to_have_count(0)

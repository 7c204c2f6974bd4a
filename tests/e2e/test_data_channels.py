"""Messages between the pages of a meeting, over data channels through the whole product."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.e2e.browser import BrowserPerson
from tests.support.eventually import eventually
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser

LISTEN = """(label) => {
  window.heard = []
  window.folkmoot.data.listen(label, (message, from) => {
    const whole = typeof message === 'string' ? message : [...new Uint8Array(message)]
    window.heard.push({ from, whole })
  })
}"""
OPEN = "async ([label, options]) => { window.channel = await window.folkmoot.data.open(label, options) }"
SEND_TEXT = "(text) => window.channel.send(text)"
SEND_BYTES = """(size) => {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i++) bytes[i] = i % 251
  window.channel.send(bytes.buffer)
}"""
SIZE = 200 * 1024


async def two(browser: Browser, server: RunningServer) -> tuple[BrowserPerson, BrowserPerson]:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    meeting_id = await ada.create_meeting()
    await ada.join()
    ben = await BrowserPerson.arrive(browser, "Ben", f"{server.url}/m/{meeting_id}")
    await ben.join()
    return ada, ben


async def all_but_hello(person: BrowserPerson) -> list[dict[str, object]]:
    async def heard() -> list[dict[str, object]] | None:
        messages: list[dict[str, object]] = await person.page.evaluate("() => window.heard")
        others = [message for message in messages if message["whole"] != "hello"]
        return others if len(others) >= 2 else None

    return await eventually(heard, f"{person.name} hears both messages", within_s=20)


async def test_two_pages_exchange_text_and_200_kib(browser: Browser, server: RunningServer) -> None:
    ada, ben = await two(browser, server)
    for person in (ada, ben):
        await person.page.evaluate(LISTEN, "notes")
    for person in (ada, ben):
        await person.page.evaluate(OPEN, ["notes", {"protocol": "plain"}])
    for sender, receiver in ((ada, ben), (ben, ada)):
        # A receiver that has not made its channel yet may miss the first; what is repeated arrives.
        async def says_hello(sender: BrowserPerson = sender, receiver: BrowserPerson = receiver) -> bool:
            await sender.page.evaluate(SEND_TEXT, "hello")
            return bool(await receiver.page.evaluate("() => window.heard.length > 0"))

        await eventually(says_hello, f"{receiver.name} hears {sender.name}", within_s=20)
        await receiver.page.evaluate("() => { window.heard.length = 0 }")
        await sender.page.evaluate(SEND_TEXT, "Grüße aus dem Kanal")
        await sender.page.evaluate(SEND_BYTES, SIZE)
        messages = await all_but_hello(receiver)
        report = await sender.report()
        assert {message["from"] for message in messages} == {report["participant_id"]}
        assert messages[0]["whole"] == "Grüße aus dem Kanal"
        assert messages[1]["whole"] == [number % 251 for number in range(SIZE)]
    assert [person.errors for person in (ada, ben)] == [[], []]
    for person in (ada, ben):
        await person.close()


async def test_a_channel_without_retransmission_works_and_closes(browser: Browser, server: RunningServer) -> None:
    ada, ben = await two(browser, server)
    await ada.page.evaluate(LISTEN, "cursor")
    await ben.page.evaluate(OPEN, ["cursor", {"maxRetransmits": 0, "ordered": False}])

    async def moves() -> bool:
        await ben.page.evaluate(SEND_TEXT, "12,34")
        return bool(await ada.page.evaluate("() => window.heard.length > 0"))

    await eventually(moves, "Ada hears Ben", within_s=20)
    await ben.page.evaluate("() => window.channel.close()")
    with pytest.raises(Exception, match="no way to send"):
        await ben.page.evaluate(SEND_TEXT, "too late")
    await ben.page.evaluate(OPEN, ["cursor", {}])
    await ada.page.evaluate("() => { window.heard.length = 0 }")
    await eventually(moves, "Ada hears Ben again", within_s=20)
    assert [person.errors for person in (ada, ben)] == [[], []]
    for person in (ada, ben):
        await person.close()


COUNT = """(label) => {
  window.sizes = []
  window.folkmoot.data.listen(label, (message) => window.sizes.push(message.byteLength ?? message.length))
}"""
SEND_MANY = """([count, size]) => {
  for (let i = 0; i < count; i++) window.channel.send(new Uint8Array(size).buffer)
}"""
PART = 64 * 1024
PARTS = 128


async def test_eight_megabytes_arrive_though_only_one_may_wait(browser: Browser, server: RunningServer) -> None:
    """The sender's browser is told to pause, and goes on when there is room."""
    ada, ben = await two(browser, server)
    await ben.page.evaluate(COUNT, "file")
    await ada.page.evaluate(OPEN, ["file", {}])

    async def heard() -> bool:
        await ada.page.evaluate(SEND_TEXT, "x")
        return bool(await ben.page.evaluate("() => window.sizes.length > 0"))

    await eventually(heard, "Ben hears Ada", within_s=20)
    await ada.page.evaluate(SEND_MANY, [PARTS, PART])

    async def whole() -> bool:
        return bool(await ben.page.evaluate("(size) => window.sizes.filter((s) => s === size).length", PART) == PARTS)

    await eventually(whole, "Ben has all of it", within_s=60)
    assert [person.errors for person in (ada, ben)] == [[], []]
    for person in (ada, ben):
        await person.close()

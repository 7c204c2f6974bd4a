"""A media worker is killed under two pages that exchange messages: their channels come back by themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser

from tests.chaos.worker import kill
from tests.e2e.browser import BrowserPerson
from tests.e2e.test_data_channels import LISTEN, OPEN, SEND_TEXT, two
from tests.support.eventually import eventually
from tests.support.server import RunningServer, running_server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TRY_TO_SEND = "(text) => { try { window.channel.send(text) } catch { /* there is no way to the server just now */ } }"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server(FOLKMOOT_RTC__WORKERS="2") as running:
        yield running


async def hears(sender: BrowserPerson, receiver: BrowserPerson, text: str) -> None:
    async def heard() -> bool:
        await sender.page.evaluate(TRY_TO_SEND, text)
        return bool(await receiver.page.evaluate("(text) => window.heard.some((m) => m.whole === text)", text))

    await eventually(heard, f"{receiver.name} hears {text} of {sender.name}", within_s=30)


async def test_channels_come_back_with_the_next_worker(browser: Browser, server: RunningServer) -> None:
    ada, ben = await two(browser, server)
    meeting_id = ada.page.url.rsplit("/", 1)[1].partition("?")[0]
    for person in (ada, ben):
        await person.page.evaluate(LISTEN, "notes")
        await person.page.evaluate(OPEN, ["notes", {}])
    await hears(ada, ben, "before")
    await hears(ben, ada, "before")
    kill(server, meeting_id)
    await eventually(lambda: _reset(server, meeting_id), "the worker is replaced", within_s=20)
    await hears(ada, ben, "after")
    await hears(ben, ada, "after")
    reasons = [event["payload"]["reason"] for event in server.events(meeting_id, type="data_channel.closed")]
    assert reasons == ["worker_died", "worker_died"]
    await ada.page.evaluate(SEND_TEXT, "without fear")
    assert [person.errors for person in (ada, ben)] == [[], []]
    for person in (ada, ben):
        await person.close()


async def _reset(server: RunningServer, meeting_id: str) -> bool:
    return bool(server.events(meeting_id, type="room.recovered"))

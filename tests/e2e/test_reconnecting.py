"""How soon the page notices that the network is gone, what it says of it and what it does not, and how a call ends."""

from __future__ import annotations

import json
import re
import time

import pytest
from playwright.async_api import Browser, BrowserContext, WebSocket, expect

from tests.e2e.browser import BrowserPerson
from tests.e2e.connections import unreachable_but_by_relay
from tests.e2e.test_resume import has_media
from tests.support.eventually import eventually
from tests.support.person import Person
from tests.support.server import RunningServer
from tests.support.wire import wire

pytestmark = pytest.mark.browser

OFFLINE = "() => dispatchEvent(new Event('offline'))"
NOTE_BANNERS = """() => {
  window.bannersSeen = []
  setInterval(() => {
    for (const banner of document.querySelectorAll('.banner')) {
      if (banner.getBoundingClientRect().height > 1) window.bannersSeen.push(banner.textContent)
    }
  }, 50)
}"""


async def alone(browser: Browser, port: int) -> BrowserPerson:
    ada = await BrowserPerson.arrive(browser, "Ada", f"http://localhost:{port}")
    await ada.create_meeting()
    await ada.join()
    await has_media(ada)
    return ada


async def test_a_cut_of_a_second_is_not_worth_a_word(browser: Browser, server: RunningServer) -> None:
    async with wire(server.port) as line:
        ada = await alone(browser, line.port)
        await expect(ada.part("connecting-media")).to_have_count(0)
        await ada.page.evaluate(NOTE_BANNERS)
        line.cut()
        await ada.page.evaluate(OFFLINE)
        await ada.page.wait_for_timeout(1_000)
        line.mend()
        await ada.page.wait_for_timeout(3_000)
        assert await ada.page.evaluate("() => window.bannersSeen") == []
        await expect(ada.part("reconnecting")).to_have_count(0)
        assert ada.errors == []


async def test_a_browser_that_says_it_is_offline_is_asked_at_once(browser: Browser, server: RunningServer) -> None:
    async with wire(server.port) as line:
        ada = await alone(browser, line.port)
        line.cut()
        gone = time.monotonic()
        await ada.page.evaluate(OFFLINE)
        await expect(ada.part("reconnecting")).to_be_visible(timeout=20_000)
        # The connection's own patience is twenty seconds, ten at the least.
        assert time.monotonic() - gone < 9
        await ada.shot("reconnecting")
        line.mend()
        await expect(ada.part("reconnecting")).to_have_count(0, timeout=30_000)
        await has_media(ada)
        assert ada.errors == []


async def test_whoever_is_carried_on_elsewhere_is_told_so_here(browser: Browser, server: RunningServer) -> None:
    told: list[str] = []

    async def listen(context: BrowserContext) -> None:
        def follow(socket: WebSocket) -> None:
            socket.on("framereceived", lambda data: told.append(str(data)))

        context.on("page", lambda page: page.on("websocket", follow))

    ada = await BrowserPerson.arrive(browser, "Ada", server.url, listen)
    meeting_id = await ada.create_meeting()
    await ada.join()
    resume = re.search(r'"resume_token":"([^"]+)"', "".join(told))
    assert resume is not None
    token = await ada.page.evaluate(f"() => sessionStorage.getItem({json.dumps('folkmoot.token.' + meeting_id)})")
    other = await Person(server.url, token).connect()
    joined = await other.ask("room:join", meeting_id=meeting_id, display_name="Ada", resume_token=resume[1])
    assert joined["resumed"]
    await expect(ada.part("ended-elsewhere")).to_contain_text("The call goes on in the other tab or device")
    await expect(ada.part("rejoin")).to_be_visible()
    await ada.shot("ended-elsewhere")
    await other.disconnect()
    assert ada.errors == []


@pytest.mark.timeout(240)
async def test_where_media_cannot_get_through_a_report_can_be_passed_on(
    browser: Browser, server: RunningServer
) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url, unreachable_but_by_relay)
    meeting_id = await ada.create_meeting()
    await ada.join()
    await expect(ada.part("media-failed")).to_be_visible(timeout=100_000)
    await expect(ada.part("try-relay")).to_have_count(0)
    await ada.part("media-failed").get_by_role("button", name="What now?").click()
    await expect(ada.part("ended-media")).to_be_visible()
    await ada.shot("ended-media")
    report = await ada.part("report-id").inner_text()

    async def stored() -> bool:
        events = server.events(meeting_id, type="client.media_failed")
        return [event["payload"] for event in events] == [{"report_id": report, "relayed": False}]

    await eventually(stored, "the record knows the report", within_s=30)
    assert ada.errors == []

"""What interrupts a meeting: a network that goes and comes back, a server that dies and is started again."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.e2e.browser import BrowserPerson
from tests.e2e.connections import only
from tests.e2e.test_a_meeting import hears, sees
from tests.e2e.test_polls import ask, poll_of
from tests.e2e.test_resume import has_media
from tests.support.eventually import eventually
from tests.support.relay import Weather, relay
from tests.support.server import RunningServer, running_server
from tests.support.wire import wire

pytestmark = pytest.mark.browser

SEED = 11
DEAF = Weather(loss=1.0)
BACK_WITHIN_MS = 30_000


@pytest.fixture
def own_server() -> Iterator[RunningServer]:
    """One that may be killed."""
    with running_server() as server:
        yield server


def types_of(server: RunningServer, meeting_id: str) -> list[str]:
    return [event["type"] for event in server.events(meeting_id)]


async def meet(*people: BrowserPerson) -> None:
    for one in people:
        for other in people:
            if one is not other:
                await sees(one, other)
                await hears(one, other)


@pytest.mark.parametrize(("away_s", "noticed"), [(5, False), (20, True)])
async def test_a_network_that_goes_and_comes_back_costs_nobody_their_place(
    browser: Browser, server: RunningServer, away_s: float, noticed: bool
) -> None:
    _, workers = server.request("GET", "/api/workers", token=server.operator_token())
    async with wire(server.port) as line, relay(workers["workers"][0]["udp_port"], SEED) as relayed:

        async def behind(context: BrowserContext) -> None:
            await only()(context)
            await relayed.through(context)

        ada = await BrowserPerson.arrive(browser, "Ada", server.url)
        meeting_id = await ada.create_meeting()
        await ada.join()
        ben = await BrowserPerson.arrive(browser, "Ben", f"http://localhost:{line.port}/m/{meeting_id}", behind)
        await ben.join()
        await meet(ada, ben)
        before = [(await person.report())["participant_id"] for person in (ada, ben)]

        line.cut()
        relayed.set(up=DEAF, down=DEAF)
        gone = time.monotonic()
        await expect(ben.part("connecting-media").or_(ben.part("reconnecting")).first).to_be_visible(timeout=20_000)
        if noticed:
            await is_offered_what_can_be_done(ben, gone)
        await ben.page.wait_for_timeout(max(0.0, away_s - (time.monotonic() - gone)) * 1000)
        line.mend()
        relayed.set()

        await expect(ben.part("connecting-media")).to_be_hidden(timeout=BACK_WITHIN_MS)
        await expect(ben.part("reconnecting")).to_be_hidden(timeout=BACK_WITHIN_MS)
        await has_media(ben)
        await meet(ada, ben)
        assert [(await person.report())["participant_id"] for person in (ada, ben)] == before
        told = types_of(server, meeting_id)
        assert told.count("participant.joined") == 2
        assert "participant.left" not in told
        assert "participant.resumed" in told or not noticed
        assert (ada.errors, ben.errors) == ([], [])
        for person in (ada, ben):
            await person.close()


async def is_offered_what_can_be_done(person: BrowserPerson, gone: float) -> None:
    """Ten seconds after the network went, and not ten after that was found out."""
    card, countdown = person.part("reconnect-card"), person.part("countdown")
    await expect(card).to_be_visible(timeout=30_000)
    assert time.monotonic() - gone < 19
    await person.shot("reconnect-card")
    await expect(person.part("try-relay")).to_have_count(0)  # where there is none, it is not offered
    left = int(await countdown.inner_text())
    assert left <= 50
    await person.part("try-now").click()
    await expect(countdown).not_to_have_text(str(left))
    assert int(await countdown.inner_text()) < left
    await expect(card).to_be_visible()


@pytest.mark.parametrize("politely", [False, True], ids=["killed", "stopped"])
async def test_a_server_that_is_started_again_finds_everybody_in_their_place(
    browser: Browser, own_server: RunningServer, politely: bool
) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", own_server.url)
    meeting_id = await ada.create_meeting()
    await ada.join()
    ben = await BrowserPerson.arrive(browser, "Ben", f"{own_server.url}/m/{meeting_id}")
    await ben.join()
    await ben.part("camera-toggle").click()
    await ben.page.keyboard.press("r")
    await hears(ada, ben)
    await ada.part("chat-toggle").click()
    await ada.part("chat-input").fill("Before the end")
    await ada.part("chat-input").press("Enter")
    await ada.part("polls-toggle").click()
    await ask(ada, "Lunch?", "SingleChoice", "Soup", "Salad")
    await ben.part("polls-toggle").click()
    await poll_of(ben, "Lunch?").get_by_test_id("poll-choice").nth(1).click()
    await expect(poll_of(ada, "Lunch?").get_by_test_id("poll-facts")).to_contain_text("1 answer")
    before = [(await person.report())["participant_id"] for person in (ada, ben)]

    async def hand_up() -> bool:
        return "hand.raised" in types_of(own_server, meeting_id)

    await eventually(hand_up, "Ben's hand is up")
    (own_server.stop if politely else own_server.kill)()
    for person in (ada, ben):
        await expect(person.part("reconnecting")).to_be_visible()
    own_server.start()
    for person in (ada, ben):
        await expect(person.part("reconnecting")).to_be_hidden(timeout=BACK_WITHIN_MS)
        await has_media(person)
    await sees(ben, ada)
    await hears(ada, ben)
    after = [(await person.report())["participant_id"] for person in (ada, ben)]
    (seen,) = (await ada.report())["remote"]
    assert (seen["display_name"], seen["hand"]) == ("Ben", True)
    assert not (await ben.report())["me"]["camera"], "nobody is switched on by coming back"
    # What was written and asked is there for whoever comes now, and goes on.
    cleo = await BrowserPerson.arrive(browser, "Cleo", ben.page.url)
    await cleo.join()
    await cleo.part("chat-toggle").click()
    await expect(cleo.part("chat-message").first).to_contain_text("Before the end")
    await cleo.part("polls-toggle").click()
    await poll_of(cleo, "Lunch?").get_by_test_id("poll-choice").nth(0).click()
    await expect(poll_of(ben, "Lunch?").get_by_test_id("poll-facts")).to_contain_text("2 answers")
    assert ada.errors == ben.errors == cleo.errors == []
    told = types_of(own_server, meeting_id)
    if not politely:
        assert after == before
        assert told.count("participant.joined") == 3
        assert told.count("meeting.revived") == 1
    for person in (ada, ben, cleo):
        await person.close()

    async def over() -> bool:
        _, page = own_server.request(
            "GET", f"/api/meetings/{meeting_id}/participants", token=own_server.operator_token()
        )
        return all(stay["left_at"] for person in page["items"] for stay in person["stays"])

    await eventually(over, "nobody is left behind in the record")

"""Looking back at a meeting in a real browser: its list, its timeline at any second, its people, its log."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import BrowserPerson
from tests.e2e.test_chat import messages, say
from tests.e2e.test_polls import ask, poll_of
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.browser
PASSWORD = "three green bicycles"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server(FOLKMOOT_AUTH__GUESTS_CREATE="false") as running:
        yield running


async def sign_up(person: BrowserPerson) -> None:
    await person.part("home-sign-up").click()
    await person.part("account-name").fill(person.name)
    await person.part("account-email").fill(f"{person.name.split()[0].lower()}@example.org")
    await person.part("account-password").fill(PASSWORD)
    await person.part("account-submit").click()
    await expect(person.part("account-menu")).to_be_visible()


async def scrub_to(person: BrowserPerson, second: int) -> None:
    await person.part("scrubber").fill(str(second))
    await expect(person.part("room-at")).to_have_attribute("data-settled", "true")


async def held_meeting(server: RunningServer, browser: Browser) -> tuple[BrowserPerson, BrowserPerson, str]:
    """Ada's account held a meeting that Bob was in as a guest; it is over."""
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    await sign_up(ada)
    meeting = await ada.create_meeting()
    await ada.join()
    bob = await BrowserPerson.arrive(browser, "Bob <b>B</b>", f"{server.url}/m/{meeting}")
    await bob.join()
    await expect(ada.tile_of("Bob <b>B</b>")).to_be_visible()
    await ada.page.keyboard.press("r")
    await expect(ada.part("hand-toggle")).to_have_attribute("aria-pressed", "true")
    await ada.page.wait_for_timeout(2500)
    await bob.leave()
    await ada.page.wait_for_timeout(1500)
    await ada.leave()
    return ada, bob, meeting


def recorded_for_a_second(server: RunningServer, meeting: str) -> None:
    """As a recorder would have told it."""
    started = server.events(meeting, type="meeting.started")[0]["timestamp"]
    begun = datetime.fromisoformat(started) + timedelta(seconds=1)
    kept = {"recording_id": "r"}
    facts = [("started", begun, kept), ("stopped", begun + timedelta(seconds=1), kept | {"reason": "asked"})]
    events = [
        {
            "event_id": str(uuid4()),
            "type": f"recording.{what}",
            "meeting_id": meeting,
            "timestamp": at.isoformat(),
            "payload": payload,
        }
        for what, at, payload in facts
    ]
    token = server.operator_token()
    status, verdict = server.request("POST", "/api/meetings/events", token=token, body={"events": events})
    assert (status, verdict["accepted"]) == (200, 2), verdict


async def test_a_host_looks_back_at_a_meeting_second_by_second(
    server: RunningServer, browser: Browser, tmp_path: Path
) -> None:
    ada, bob, meeting = await held_meeting(server, browser)
    recorded_for_a_second(server, meeting)
    await ada.part("go-home").click()
    await ada.part("open-history").click()
    row = ada.part(f"past-{meeting}")
    await expect(row).to_contain_text("2 people")
    await ada.part("past-text").fill("no such title")
    await expect(row).to_have_count(0)
    await expect(ada.page.get_by_text("No such meeting was held.")).to_be_visible()
    await ada.part("past-text").fill("ADA'S")
    await expect(row).to_be_visible()
    await ada.part("past-to").fill("2020-01-01")
    await expect(row).to_have_count(0)
    await ada.part("past-to").fill("")
    await expect(row).to_be_visible()
    await ada.shot("history-list")
    await row.click()
    await expect(ada.part("past-title")).to_have_text("Ada's meeting")
    await expect(ada.part("lanes").locator("li")).to_have_count(3)
    recorded = ada.part("kept-Recorded")
    await expect(recorded.get_by_role("img", name="Recorded for 1 s")).to_be_visible()

    people = ada.part("room-at").locator("li")
    most = int(await ada.part("scrubber").get_attribute("max") or 0)
    status, drawn = server.request("GET", f"/api/meetings/{meeting}/timeline", token=server.operator_token())
    assert status == 200
    began, bobs = drawn["lanes"][0]["stays"][0]["started_at"], drawn["lanes"][1]["stays"][0]
    await scrub_to(ada, seconds_between(began, bobs["ended_at"]) - 1)
    await expect(people).to_have_count(2)
    await expect(people.filter(has_text="Ada")).to_contain_text("hand up")
    await ada.shot("history-timeline")
    await scrub_to(ada, seconds_between(began, bobs["ended_at"]) + 1)
    await expect(people).to_have_count(1)
    await scrub_to(ada, most)
    await expect(people).to_have_count(0)
    # Where one looks is in the address, to be passed on.
    await ada.page.wait_for_url(f"**/history/{meeting}?t={most}")
    await ada.page.reload()
    await expect(ada.part("scrubber")).to_have_value(str(most))

    await expect(ada.part("figures")).to_contain_text("Most at once")
    await expect(ada.part("figures")).to_contain_text("Recorded1 s")

    await ada.part("history-tab-people").click()
    await expect(ada.part("people-table").locator("tbody tr")).to_have_count(2)
    await expect(ada.part("people-table")).to_contain_text("Bob <b>B</b>")
    hands = await ada.part("people-table").locator("thead th").all_inner_texts()
    raised = ada.part("people-table").locator("tbody tr").first.locator("th, td").nth(hands.index("Hands raised"))
    await expect(raised).to_have_text("1")
    await ada.shot("history-people")
    async with ada.page.expect_download() as download:
        await ada.part("people-csv").click()
    file = tmp_path / "people.csv"
    await (await download.value).save_as(file)
    table = list(csv.DictReader(io.StringIO(file.read_text())))
    assert {(row["name"], row["hands_raised"]) for row in table} == {("Ada", "1"), ("Bob <b>B</b>", "0")}

    await ada.part("history-tab-quality").click()
    panel = ada.page.get_by_role("tabpanel")
    await expect(panel.get_by_text("Nothing was measured").or_(ada.part("quality-table"))).to_be_visible()
    await ada.shot("history-quality")

    await ada.part("history-tab-log").click()
    rows = ada.part("log-rows").locator("> li")
    await ada.part("filter-type").select_option("participant.joined")
    await expect(rows).to_have_count(2)
    await ada.part("filter-person").select_option(label="Bob <b>B</b>")
    await expect(rows).to_have_count(1)
    async with ada.page.expect_download() as download:
        await ada.part("export-csv").click()
    file = tmp_path / "events.csv"
    await (await download.value).save_as(file)
    header, only = csv.reader(io.StringIO(file.read_text()))
    assert json.loads(only[header.index("payload")])["display_name"] == "Bob <b>B</b>"
    assert (ada.errors, bob.errors) == ([], [])

    await bob.page.goto(f"{server.url}/history/{meeting}")
    await expect(bob.part("past-problem")).to_contain_text("Only those who hosted")
    await ada.close()
    await bob.close()


async def test_a_host_reads_again_what_was_written_and_asked(server: RunningServer, browser: Browser) -> None:
    ada = await BrowserPerson.arrive(browser, "Grace", server.url)
    await sign_up(ada)
    meeting = await ada.create_meeting()
    await ada.join()
    bob = await BrowserPerson.arrive(browser, "Bob", f"{server.url}/m/{meeting}")
    await bob.join()
    for person in (ada, bob):
        await person.part("chat-toggle").click()
    await say(bob, "<i>Hello</i> https://example.org/x")
    await expect(messages(ada)).to_have_count(1)
    await ada.part("tab-polls").click()
    await ask(ada, "Lunch?", "SingleChoice", "Soup", "Salad")
    await bob.part("tab-polls").click()
    await poll_of(bob, "Lunch?").get_by_test_id("poll-choice").nth(1).click()
    await expect(poll_of(ada, "Lunch?").get_by_test_id("poll-facts")).to_contain_text("1 answer")
    await bob.leave()
    await ada.leave()
    await ada.page.goto(f"{server.url}/history/{meeting}")
    await ada.part("history-tab-conversation").click()
    written = ada.part("written").locator("> li")
    await expect(written.nth(0)).to_contain_text("<i>Hello</i> https://example.org/x")
    await expect(written.nth(0).get_by_role("link")).to_have_attribute("href", "https://example.org/x")
    await expect(written.nth(1)).to_contain_text("Grace opened a poll: Lunch?")
    await expect(ada.part("asked-polls").locator(".poll-choice").nth(1)).to_contain_text("1 · 100 %")
    assert (ada.errors, bob.errors) == ([], [])


def seconds_between(start: str, end: str) -> int:
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())

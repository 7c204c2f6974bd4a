"""What only the page knows reaches the record: in batches, once, over reloads, lost answers and outages."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Request, Route
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.browser import BrowserPerson
from tests.support.eventually import eventually
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser

PATH = "**/api/meetings/events"
KIND = "client.network_changed"
NETWORK_CHANGES = """(count) => {
  for (let change = 0; change < count; change += 1) dispatchEvent(new Event(change % 2 ? 'online' : 'offline'))
}"""
UNSENT = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open('folkmoot-events')
  opening.onerror = () => reject(opening.error)
  opening.onsuccess = () => {
    const asked = opening.result.transaction('unsent').objectStore('unsent').count()
    asked.onsuccess = () => { opening.result.close(); resolve(asked.result) }
  }
})"""
LATENCIES = """() => performance.getEntriesByType('resource')
  .filter((entry) => entry.name.endsWith('/api/meetings/events'))
  .map((entry) => entry.responseEnd - entry.startTime)"""


async def in_a_meeting(browser: Browser, server: RunningServer) -> tuple[BrowserPerson, str]:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    meeting_id = await ada.create_meeting()
    await ada.join()
    return ada, meeting_id


def batches_of(page: Page) -> list[list[str]]:
    """The ids in each report the page makes from here on."""
    batches: list[list[str]] = []

    def note(request: Request) -> None:
        if request.url.endswith("/api/meetings/events"):
            batches.append([event["event_id"] for event in json.loads(request.post_data or "")["events"]])

    page.on("request", note)
    return batches


def stored(server: RunningServer, meeting_id: str) -> list[dict[str, Any]]:
    return server.events(meeting_id, type=KIND)


async def stored_reach(server: RunningServer, meeting_id: str, count: int) -> None:
    async def reached() -> bool:
        return len(stored(server, meeting_id)) >= count

    await eventually(reached, f"{count} reported events")


def median_below(server: RunningServer, seconds: float) -> bool:
    """Whether the server took no longer for half of the reports, by its own histogram."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as answer:
        metrics = answer.read().decode()
    (family,) = (one for one in text_string_to_metric_families(metrics) if one.name == "folkmoot_ingest_seconds")
    counts = {sample.labels.get("le", sample.name): sample.value for sample in family.samples}
    return counts[str(seconds)] >= counts["folkmoot_ingest_seconds_count"] / 2 > 0


async def test_events_go_five_at_a_time_or_after_two_seconds_and_are_acknowledged_soon(
    browser: Browser, server: RunningServer
) -> None:
    ada, meeting_id = await in_a_meeting(browser, server)
    batches = batches_of(ada.page)
    for done in range(10):
        await ada.page.evaluate(NETWORK_CHANGES, 5)
        await stored_reach(server, meeting_id, 5 * (done + 1))
    await ada.page.evaluate(NETWORK_CHANGES, 2)
    await stored_reach(server, meeting_id, 52)
    assert [len(batch) for batch in batches] == [5] * 10 + [2]
    events = stored(server, meeting_id)
    assert [event["event_id"] for event in events] == [one for batch in batches for one in batch]
    assert {event["participant_id"] for event in events} == {(await ada.report())["participant_id"]}
    latencies = await ada.page.evaluate(LATENCIES)
    print("from the page to the acknowledgement, ms:", sorted(round(took, 1) for took in latencies))
    # Of the server's own time, as the browser and whatever else runs share two cores with it.
    assert median_below(server, 0.1)
    assert ada.errors == []
    await ada.close()


async def test_events_outlive_a_server_that_is_away_and_the_page_itself(
    browser: Browser, server: RunningServer
) -> None:
    ada, meeting_id = await in_a_meeting(browser, server)
    participant = (await ada.report())["participant_id"]
    tries = batches_of(ada.page)
    await ada.page.route(PATH, lambda route: route.abort())
    await ada.page.evaluate(NETWORK_CHANGES, 7)

    async def tried_again() -> bool:
        return len(tries) >= 2

    await eventually(tried_again, "the page tries again")
    assert stored(server, meeting_id) == []
    assert await ada.page.evaluate(UNSENT) == 7
    await ada.page.reload()
    await ada.page.unroute(PATH)
    await stored_reach(server, meeting_id, 7)
    assert {event["participant_id"] for event in stored(server, meeting_id)} == {participant}

    async def nothing_left() -> bool:
        return (await ada.page.evaluate(UNSENT)) == 0

    await eventually(nothing_left, "nothing is left to send")
    await ada.close()


async def test_an_answer_that_is_lost_doubles_nothing(browser: Browser, server: RunningServer) -> None:
    ada, meeting_id = await in_a_meeting(browser, server)
    swallowed = []

    async def swallow(route: Route) -> None:
        answer = await route.fetch()
        swallowed.append(await answer.json())
        await route.abort()

    await ada.page.route(PATH, swallow, times=2)
    batches = batches_of(ada.page)
    await ada.page.evaluate(NETWORK_CHANGES, 5)

    async def nothing_left() -> bool:
        return len(batches) == 3 and (await ada.page.evaluate(UNSENT)) == 0

    await eventually(nothing_left, "the third try is answered")
    assert [(one["accepted"], one["duplicates"]) for one in swallowed] == [(5, 0), (0, 5)]
    assert batches[0] == batches[1] == batches[2]
    assert [event["event_id"] for event in stored(server, meeting_id)] == batches[0]
    await ada.close()

"""The network under a meeting changes: a NAT forgets, an address goes, the machine comes to another network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext

from tests.e2e.browser import BrowserPerson
from tests.e2e.connections import connections, longest_gap, only
from tests.e2e.test_a_meeting import hears, sees
from tests.support.eventually import eventually
from tests.support.relay import FAIR, Relay, Weather, relay
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser

SEED = 7
LONGEST_GAP_S = 1.5
CONSENT_S = 30
DEAF = Weather(loss=1.0)


class Meeting:
    """Ada beside the worker; Ben behind a NAT of the tests."""

    def __init__(self, ada: BrowserPerson, ben: BrowserPerson, relayed: Relay) -> None:
        self.ada, self.ben, self.relayed = ada, ben, relayed

    async def goes_on(self) -> None:
        for one, other in ((self.ada, self.ben), (self.ben, self.ada)):
            await sees(one, other)
            await hears(one, other)

    async def used(self) -> list[dict[str, Any]]:
        return [connection for connection in await connections(self.ben) if connection["state"] != "closed"]


@pytest_asyncio.fixture
async def meeting(browser: Browser, server: RunningServer) -> AsyncIterator[Meeting]:
    status, workers = server.request("GET", "/api/workers", token=server.operator_token())
    assert status == 200, workers
    async with relay(workers["workers"][0]["udp_port"], SEED) as relayed:

        async def behind(context: BrowserContext) -> None:
            await only()(context)
            await relayed.through(context)

        ada = await BrowserPerson.arrive(browser, "Ada", server.url)
        meeting_id = await ada.create_meeting()
        await ada.join()
        ben = await BrowserPerson.arrive(browser, "Ben", f"{server.url}/m/{meeting_id}", behind)
        await ben.join()
        made = Meeting(ada, ben, relayed)
        await made.goes_on()
        yield made
        await ben.close()
        await ada.close()


async def test_a_nat_that_gives_out_another_port_is_followed_without_a_restart(meeting: Meeting) -> None:
    before = await meeting.used()
    gap = asyncio.create_task(longest_gap(meeting.ben, 8))
    meeting.relayed.rebind()
    assert await gap < 5, "the next check of the browser moves the path"
    await meeting.goes_on()
    after = await meeting.used()
    assert [one["local_ufrag"] for one in after] == [one["local_ufrag"] for one in before]


async def test_an_ice_restart_moves_media_without_a_gap_and_without_another_handshake(meeting: Meeting) -> None:
    before = await meeting.used()
    gap = asyncio.create_task(longest_gap(meeting.ben, 6))
    await meeting.ben.page.evaluate("() => window.dispatchEvent(new Event('online'))")

    async def restarted() -> list[dict[str, Any]] | None:
        now = await meeting.used()
        fresh = all(one["local_ufrag"] != former["local_ufrag"] for one, former in zip(now, before, strict=True))
        return now if fresh else None

    after = await eventually(restarted, "new credentials on both transports")
    assert await gap < LONGEST_GAP_S
    assert all(one["dtls"] == "connected" and one["state"] == "connected" for one in after)
    await meeting.goes_on()


@pytest.mark.slow
async def test_a_network_that_is_away_for_longer_than_consent_lasts_is_forgiven(meeting: Meeting) -> None:
    before = await meeting.used()
    meeting.relayed.set(up=DEAF, down=DEAF)
    away = asyncio.get_running_loop().time()

    async def longer_than_consent() -> bool:
        return asyncio.get_running_loop().time() - away > CONSENT_S + 5

    await eventually(longer_than_consent, "the consent to run out", within_s=60)
    meeting.relayed.set(up=FAIR, down=FAIR)

    async def back() -> bool:
        return all(connection["state"] == "connected" for connection in await meeting.used())

    await eventually(back, "both transports connected again", within_s=30)
    await meeting.goes_on()
    assert len(await meeting.used()) == len(before), "the same transports"


async def test_a_path_that_breaks_is_found_again_by_a_restart(meeting: Meeting) -> None:
    before = await meeting.used()
    meeting.relayed.set(up=DEAF, down=DEAF)

    async def noticed() -> bool:
        return any(connection["state"] != "connected" for connection in await meeting.used())

    await eventually(noticed, "the browser finds its path broken", within_s=30)
    meeting.relayed.rebind()
    meeting.relayed.set(up=FAIR, down=FAIR)
    await meeting.goes_on()
    after = await meeting.used()
    assert all(connection["state"] == "connected" for connection in after), after
    assert len(after) == len(before), "the same transports"

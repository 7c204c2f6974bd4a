"""A receiver who asks for fewer pictures a second gets fewer of the same, and all of them again on asking for them."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser, BrowserContext

from tests.e2e.browser import BrowserPerson
from tests.e2e.test_codecs import goes_on
from tests.e2e.test_layers_on_demand import picture_of
from tests.support.eventually import eventually
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser

REMEMBER_SOCKET = """
const send = WebSocket.prototype.send
WebSocket.prototype.send = function (data) { window.lastSocket = this; return send.call(this, data) }
"""
"""The page has no control for temporal layers: the request is sent over its own connection, beside its own."""
PATIENCE_S = 30
SLOW, QUICK = 8, 12
"""Pictures a second: the lowest of three temporal layers has five of the fake camera's twenty."""


async def remember_socket(context: BrowserContext) -> None:
    await context.add_init_script(REMEMBER_SOCKET)


async def ask_for(viewer: BrowserPerson, consumer_id: str, temporal_layer: int) -> None:
    request = {"consumer_id": consumer_id, "spatial_layer": 2, "temporal_layer": temporal_layer}
    packet = "42/meeting," + json.dumps(["consumer:layers", request])
    await viewer.page.evaluate("(packet) => window.lastSocket.send(packet)", packet)


async def sees_pace(viewer: BrowserPerson, sender: BrowserPerson, *, below: float = 1000, above: float = 0) -> None:
    async def paced() -> bool:
        return below > ((await picture_of(viewer, sender)).get("frames_per_second") or 0) > above

    await eventually(paced, f"{above} to {below} pictures a second", within_s=PATIENCE_S)


@pytest.mark.parametrize(("codec", "layers"), [("vp8", "L1T3"), ("vp9", "L1T3"), ("av1", "L1T3")])
async def test_frames_come_at_the_pace_of_the_temporal_layer_asked_for(
    browser: Browser, server: RunningServer, codec: str, layers: str
) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    meeting_id = await ada.create_meeting()
    await ada.page.goto(f"{ada.page.url}?codec={codec}&layers={layers}")
    await ada.join()
    ben = await BrowserPerson.arrive(browser, "Ben", f"{server.url}/m/{meeting_id}", remember_socket)
    await ben.part("camera-toggle").click()
    await ben.join()
    await sees_pace(ben, ada, above=QUICK)
    consumer_id = (await picture_of(ben, ada))["consumer_id"]
    await ask_for(ben, consumer_id, 0)
    await sees_pace(ben, ada, below=SLOW, above=2)
    await ask_for(ben, consumer_id, 2)
    await sees_pace(ben, ada, above=QUICK)
    await goes_on(ben, ada)
    assert (ada.errors, ben.errors) == ([], [])
    for person in (ada, ben):
        await person.close()

"""Every video codec through the whole product: layers in several streams, and layers within one."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.e2e.browser import BrowserPerson
from tests.e2e.test_layers_on_demand import LARGE, SMALL, arrive, picture_of, sees_lines
from tests.support.eventually import eventually
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser

PATIENCE_S = 45
"""Three encoders and decoders of AV1 are more than two busy cores do in time."""
CODECS = [
    ("vp8", None, "video/VP8"),
    ("h264", None, "video/H264"),
    ("vp9", "L3T3_KEY", "video/VP9"),
    ("vp9", "L3T3", "video/VP9"),
    ("vp9", "L1T3", "video/VP9"),
    ("av1", "L3T3_KEY", "video/AV1"),
    ("av1", "L3T3", "video/AV1"),
    ("av1", "L1T3", "video/AV1"),
]


async def goes_on(viewer: BrowserPerson, sender: BrowserPerson) -> None:
    first = (await picture_of(viewer, sender))["frames_decoded"]

    async def more() -> bool:
        return bool((await picture_of(viewer, sender))["frames_decoded"] > first + 5)

    await eventually(more, f"{viewer.name} goes on seeing {sender.name}", within_s=15)


@pytest.mark.parametrize(("codec", "layers", "mime_type"), CODECS)
async def test_viewers_of_two_sizes_get_the_layer_of_their_size(
    browser: Browser, server: RunningServer, codec: str, layers: str | None, mime_type: str
) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    meeting_id = await ada.create_meeting()
    await ada.page.goto(f"{ada.page.url}?codec={codec}" + (f"&layers={layers}" if layers else ""))
    await ada.join()
    ben = await arrive(browser, "Ben", server, meeting_id, SMALL)
    cleo = await arrive(browser, "Cleo", server, meeting_id, LARGE)
    single = layers is not None and layers.startswith("L1")
    await sees_lines(cleo, ada, 720, PATIENCE_S)
    await sees_lines(ben, ada, 720 if single else 180, PATIENCE_S)
    assert (await picture_of(cleo, ada))["codec"] == mime_type
    for viewer in (ben, cleo):
        await goes_on(viewer, ada)
    if not single:
        await cleo.page.set_viewport_size(SMALL)
        await sees_lines(cleo, ada, 180, PATIENCE_S)
        await cleo.page.set_viewport_size(LARGE)
        await sees_lines(cleo, ada, 720, PATIENCE_S)
        await goes_on(ben, ada)
    assert [person.errors for person in (ada, ben, cleo)] == [[], [], []]
    for person in (ada, ben, cleo):
        await person.close()

"""Case 58 in a real browser: names that are markup, turn text around, never end or say that they are somebody else."""

from __future__ import annotations

import unicodedata

import pytest
from playwright.async_api import Browser, ConsoleMessage, expect
from socketio.exceptions import ConnectionError as Refused

from tests.e2e.browser import BrowserPerson
from tests.support.person import Person
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser

NAMES = {
    "markup": '<img src=x onerror="alert(58)">',
    "script": "</title><script>alert(58)</script>",
    "turned around": "\u202eada\u2066Host",
    "unseen": "A\u200bd\u200ba\u2060",
    "lines and colours": "Ada\r\n\x1b[31mred\x00",
    "endless": "W" * 1024,
    "painted over": "Z" + "\u0335\u0300\u0316" * 100,
    "an attribute": "\" onmouseover='alert(58)' x=\"",
}


async def test_case_58_names_are_shown_as_text_and_do_nothing(browser: Browser, server: RunningServer) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    ada.page.on("dialog", lambda dialog: ada.errors.append(dialog.message))
    violations: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            violations.append(message.text)

    ada.page.on("console", listen)
    meeting = await ada.create_meeting()
    await ada.join()
    strangers = []
    for number, name in enumerate(NAMES.values()):
        token = server.token(f"stranger{number}", meeting=meeting, name="N" * 200)
        stranger = await Person(server.url, token).connect()
        strangers.append(await stranger.join(meeting, display_name=name))
    views = strangers[-1].joined["participants"]
    assert len(views) == len(NAMES) + 1
    for view in views:
        shown = view["display_name"]
        assert 1 <= len(shown) <= 255
        assert unicodedata.is_normalized("NFC", shown)
        assert not any(unicodedata.category(sign) in {"Cc", "Cf"} for sign in shown)

    for view in views[1:]:
        tile = ada.page.get_by_test_id(f"tile-{view['participant_id']}")
        await expect(tile).to_contain_text(view["display_name"].strip())
    assert await ada.page.locator("img[src=x], script:not([src]), [onmouseover]").count() == 0
    assert await ada.page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    assert ada.errors == []
    assert violations == []
    for stranger in strangers:
        await stranger.disconnect()
    await ada.close()


async def test_case_58_a_name_beyond_all_measure_is_refused_or_cut(server: RunningServer) -> None:
    with pytest.raises(Refused):
        await Person(server.url, server.token("eve", meeting="long", name="N" * 10_000)).connect()
    grants = {"room_create": True, "room_join": True}
    stranger = await Person(server.url, server.token("eve", meeting="long", name="N" * 200, grants=grants)).connect()
    assert await stranger.refused("room:join", meeting_id="long", display_name="W" * 10_000) == "VALIDATION"
    joined = await stranger.join("long")
    assert joined.joined["participants"][0]["display_name"] == "N" * 64
    await stranger.disconnect()

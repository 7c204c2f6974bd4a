"""People in a real browser, acting through the page as people do."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, Locator, Page, Playwright, expect

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]

PICTURES = os.environ.get("FOLKMOOT_PICTURES")
"""A folder for pictures of what the tests see, to be looked at by people; without it none are taken."""

LOOKS: tuple[tuple[str, Literal["light", "dark"], int, int], ...] = (
    ("light", "light", 1280, 720),
    ("dark", "dark", 1280, 720),
    ("narrow", "light", 390, 844),
)


# A busy machine takes its time; what is to be seen soon says so itself.
expect.set_options(timeout=15_000)


async def launch(playwright: Playwright) -> Browser:
    return await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


class BrowserPerson:
    """One person with a browser profile of their own."""

    def __init__(self, name: str, context: BrowserContext, page: Page) -> None:
        self.name = name
        self.context = context
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @classmethod
    async def arrive(
        cls,
        browser: Browser,
        name: str,
        url: str,
        prepare: Callable[[BrowserContext], Awaitable[None]] | None = None,
    ) -> BrowserPerson:
        context = await browser.new_context(viewport={"width": 1280, "height": 720})
        if prepare is not None:
            await prepare(context)
        person = cls(name, context, await context.new_page())
        await person.page.goto(url)
        return person

    def part(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    async def create_meeting(self) -> str:
        """From the home page to the meeting's pre-join page; answers the meeting id."""
        await self.part("home-name").fill(self.name)
        await self.part("new-meeting").click()
        await self.page.wait_for_url("**/m/*")
        return self.page.url.rsplit("/", 1)[1]

    async def join(self) -> None:
        await self.part("prejoin-name").fill(self.name)
        await self.part("join-button").click()
        await expect(self.part("leave")).to_be_visible(timeout=20_000)

    async def report(self) -> dict[str, Any]:
        """What the page itself reports of the call: the product's own support report."""
        report: dict[str, Any] = await self.page.evaluate("() => window.folkmoot.report()")
        return report

    def tile_of(self, name: str) -> Locator:
        return self.page.locator(f'[data-testid^="tile-"][data-name="{name}"]')

    async def shot(self, name: str) -> None:
        """The page in light, in dark and on a phone, where pictures are wanted. It is left as it was."""
        if not PICTURES:
            return
        before = self.page.viewport_size
        for look, scheme, width, height in LOOKS:
            await self.page.emulate_media(color_scheme=scheme)
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.wait_for_timeout(400)
            await self.page.screenshot(path=str(Path(PICTURES) / f"{name}-{look}.png"))
        await self.page.emulate_media(color_scheme=None)
        if before is not None:
            await self.page.set_viewport_size(before)

    async def leave(self) -> None:
        await self.part("leave").click()
        await expect(self.part("leave")).to_be_hidden()

    async def close(self) -> None:
        await self.context.close()

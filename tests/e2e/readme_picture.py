"""Makes the README's picture from the running product: `python -m tests.e2e.readme_picture`.

Three people with drawn faces for cameras meet in three browsers and chat; one raises a hand, one is muted. Then the
host looks back at their meeting.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Playwright, async_playwright, expect

from tests.e2e.browser import CHROMIUM, FLAGS, BrowserPerson
from tests.e2e.test_history import sign_up
from tests.support.eventually import eventually
from tests.support.server import running_server

OUT = Path(__file__).parents[2] / "docs" / "images"
WIDTH, HEIGHT, FRAMES = 1280, 720, 20
Colour = tuple[int, int, int]
PEOPLE: dict[str, tuple[Colour, Colour, Colour]] = {  # wall, shirt, skin
    "Ada Lovelace": ((196, 214, 205), (47, 93, 80), (224, 182, 150)),
    "Ben Okafor": ((222, 206, 186), (176, 94, 54), (112, 74, 52)),
    "Cleo Marin": ((198, 206, 226), (66, 74, 128), (201, 150, 118)),
}
CHAT = ("The agenda is at https://example.org/agenda", "Thank you! Cleo first, then questions.")


def portrait(wall: Colour, shirt: Colour, skin: Colour, step: int) -> NDArray[np.uint8]:
    """A head and shoulders before a wall, swaying a little."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    sway = 12 * np.sin(2 * np.pi * step / FRAMES)
    picture = np.array(wall, np.float32) * (1.08 - 0.25 * (y / HEIGHT))[..., None]
    middle = WIDTH / 2 + sway
    body = ((x - middle) / 330) ** 2 + ((y - 790) / 330) ** 2 < 1
    neck = (np.abs(x - middle) < 58) & (y > 380) & (y < 520)
    head = ((x - middle) / 118) ** 2 + ((y - 305) / 152) ** 2 < 1
    hair = (((x - middle) / 132) ** 2 + ((y - 262) / 150) ** 2 < 1) & (y < 262)
    for shape, colour in ((neck, skin), (body, shirt), (head, skin), (hair, (52, 42, 38))):
        picture[shape] = colour
    return np.clip(picture, 0, 255).astype(np.uint8)


def y4m(path: Path, name: str) -> Path:
    """The portrait as a raw 4:2:0 video a browser takes for its camera."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F20:1 Ip A1:1 C420jpeg\n".encode())
        for step in range(FRAMES):
            r, g, b = np.moveaxis(portrait(*PEOPLE[name], step).astype(np.float32), -1, 0)
            luma = 0.299 * r + 0.587 * g + 0.114 * b
            blue, red = 128 + 0.564 * (b - luma), 128 + 0.713 * (r - luma)
            file.write(b"FRAME\n")
            for plane in (luma, blue[::2, ::2], red[::2, ::2]):
                file.write(np.clip(plane, 0, 255).astype(np.uint8).tobytes())
    return path


async def arrive(playwright: Playwright, camera: Path, name: str, url: str) -> BrowserPerson:
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={camera}"]
    browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
    return await BrowserPerson.arrive(browser, name, url)


async def meet(url: str, folder: Path) -> None:
    cameras = {name: y4m(folder / f"{name.split()[0]}.y4m", name) for name in PEOPLE}
    async with async_playwright() as playwright:
        ada = await arrive(playwright, cameras["Ada Lovelace"], "Ada Lovelace", url)
        await sign_up(ada)
        await ada.page.screenshot(path=OUT / "home.png")
        meeting_id = await ada.create_meeting()
        await ada.join()
        others = [await arrive(playwright, cameras[name], name, f"{url}/m/{meeting_id}") for name in list(PEOPLE)[1:]]
        for person in others:
            await person.join()

        async def all_seen() -> bool:
            tracks = [track for remote in (await ada.report())["remote"] for track in remote["tracks"]]
            return sum(track["frames_decoded"] > 60 for track in tracks if track["kind"] == "video") == len(others)

        await eventually(all_seen, "everybody is seen", within_s=60)
        for person, text in zip((others[0], ada), CHAT, strict=True):
            await person.part("chat-toggle").click()
            await person.part("chat-input").fill(text)
            await person.part("chat-input").press("Enter")
        await expect(ada.part("chat-message")).to_have_count(len(CHAT))
        await others[1].part("hand-toggle").click()
        await others[0].part("mic-toggle").click()
        await ada.page.mouse.move(640, 20)
        await expect(ada.part("notices")).to_have_text("", timeout=20_000)  # the arrivals' are gone
        await ada.page.screenshot(path=OUT / "call.png")
        await look_back(ada, others, meeting_id)


async def look_back(ada: BrowserPerson, others: list[BrowserPerson], meeting_id: str) -> None:
    await others[0].part("mic-toggle").click()
    await ada.page.wait_for_timeout(8_000)  # so that there is something to look back at
    for person in (*others, ada):
        await person.leave()
    await ada.part("go-home").click()
    await ada.part("open-history").click()
    await ada.part(f"past-{meeting_id}").click()
    await expect(ada.part("lanes").locator("li")).to_have_count(len(PEOPLE))
    await expect(ada.part("room-at")).to_have_attribute("data-settled", "true")
    await ada.page.screenshot(path=OUT / "history.png")


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with running_server(FOLKMOOT_AUTH__GUESTS_CREATE="false") as server, tempfile.TemporaryDirectory() as folder:
        asyncio.run(meet(server.url, Path(folder)))


if __name__ == "__main__":
    main()

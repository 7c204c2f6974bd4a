"""Join to first decoded frame, in real browsers on this machine: `python -m tests.bench.first_frame [--joins 20]`.

One person is in the meeting with camera and microphone; another comes in again and again. Measured in the page, from
the click on Join to the first frame the browser shows of the other's camera.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics

from playwright.async_api import async_playwright

from tests.e2e.browser import BrowserPerson, launch
from tests.support.eventually import eventually
from tests.support.server import running_server


async def one_join(person: BrowserPerson) -> float:
    await person.join()

    async def first_frame() -> float | None:
        shown = (await person.report())["first_frame_ms"]
        return min(shown.values()) if shown else None

    return float(await eventually(first_frame, "a first frame", within_s=20))  # type: ignore[arg-type]


async def measure(url: str, joins: int) -> list[float]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        ada = await BrowserPerson.arrive(browser, "Ada", url)
        meeting_id = await ada.create_meeting()
        await ada.join()
        times = []
        for number in range(joins):
            visitor = await BrowserPerson.arrive(browser, f"Visitor {number}", f"{url}/m/{meeting_id}")
            times.append(await one_join(visitor))
            await visitor.close()
        await browser.close()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--joins", type=int, default=20)
    joins = parser.parse_args().joins
    with running_server() as server:
        times = sorted(asyncio.run(measure(server.url, joins)))
    summary = {
        "joins": joins,
        "median_ms": round(statistics.median(times)),
        "p90_ms": round(times[int(0.9 * (len(times) - 1))]),
        "min_ms": round(times[0]),
        "max_ms": round(times[-1]),
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main()

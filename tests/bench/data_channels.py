"""Data channels between two real browsers on this machine: `python -m tests.bench.data_channels [--megabytes 8]`.

Cameras and microphones are off. One page sends all it has at once, in messages of 64 KiB, and is held back by the
server as the other takes it; then short messages go to and fro, one at a time. A browser queues 16 MiB at most.
"""

from __future__ import annotations

import argparse
import asyncio
import json

from playwright.async_api import async_playwright

from tests.e2e.browser import BrowserPerson, launch
from tests.support.eventually import eventually
from tests.support.server import running_server

PART = 64 * 1024
TURNS = 200
LISTEN = """([part, parts]) => {
  let left = parts
  window.folkmoot.data.listen('file', (message) => {
    window.heard = true
    if (message.byteLength === part && --left === 0) window.whole = performance.timeOrigin + performance.now()
  })
  window.folkmoot.data.listen('ping', (message) => window.pong.send(message))
}"""
ANSWER = "async () => { window.pong = await window.folkmoot.data.open('pong') }"
OPEN = """async () => {
  window.folkmoot.data.listen('pong', () => { window.answered = true; window.next?.() })
  window.file = await window.folkmoot.data.open('file')
  window.ping = await window.folkmoot.data.open('ping')
}"""
SEND = """([part, parts]) => {
  const began = performance.timeOrigin + performance.now()
  for (let i = 0; i < parts; i++) window.file.send(new ArrayBuffer(part))
  return began
}"""
BOUNCE = """async (turns) => {
  const times = []
  for (let turn = 0; turn < turns; turn++) {
    const back = new Promise((resolve) => { window.next = resolve })
    const sent = performance.now()
    window.ping.send(String(turn))
    await back
    times.push(performance.now() - sent)
  }
  return times.sort((a, b) => a - b)
}"""


async def arrive(people: tuple[BrowserPerson, BrowserPerson], parts: int) -> None:
    """Both in the meeting, with all channels open and heard."""
    ada, ben = people
    for person in people:
        for switch in ("camera-toggle", "mic-toggle"):
            await person.part(switch).click()
        await person.join()
    await ben.page.evaluate(LISTEN, [PART, parts])
    await ben.page.evaluate(ANSWER)
    await ada.page.evaluate(OPEN)

    async def all_heard() -> bool:
        await ada.page.evaluate("() => { window.file.send('x'); window.ping.send('x') }")
        return bool(await ben.page.evaluate("() => window.heard") and await ada.page.evaluate("() => window.answered"))

    await eventually(all_heard, "the channels stand")


async def measure(url: str, megabytes: int) -> dict[str, float]:
    parts = megabytes * 1024 * 1024 // PART
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        ada = await BrowserPerson.arrive(browser, "Ada", url)
        ben = await BrowserPerson.arrive(browser, "Ben", f"{url}/m/{await ada.create_meeting()}")
        await arrive((ada, ben), parts)
        began = float(await ada.page.evaluate(SEND, [PART, parts]))

        async def whole() -> float | None:
            at: float | None = await ben.page.evaluate("() => window.whole ?? null")
            return at

        ended = float(await eventually(whole, "all of it", within_s=120))  # type: ignore[arg-type]
        times: list[float] = await ada.page.evaluate(BOUNCE, TURNS)
        await browser.close()
    return {
        "megabytes": megabytes,
        "mbit_per_s": round(parts * PART * 8 / (ended - began) / 1000, 1),
        "round_trip_ms_median": round(times[TURNS // 2], 1),
        "round_trip_ms_p95": round(times[int(0.95 * TURNS)], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=8)
    with running_server() as server:
        print(json.dumps(asyncio.run(measure(server.url, parser.parse_args().megabytes))))


if __name__ == "__main__":
    main()

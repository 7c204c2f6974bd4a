"""Meetings on bad networks, in real Chromium: `python -m tests.bench.bad_networks [--seconds 30] [PROFILE ...]`.

Ada sends over a fair network; Ben receives through a seeded relay, both directions. Prints a Markdown table: what the
page's getStats() says of Ada's camera and microphone at Ben's. Profiles with a step change the network half-way.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, async_playwright

from tests.e2e.browser import BrowserPerson, launch
from tests.support.eventually import eventually
from tests.support.relay import FAIR, Relay, Weather, relay
from tests.support.server import RunningServer, running_server

SEED = 20_261
TOP_HEIGHT = 720
POLL_S = 0.1


def lossy(loss: float, **more: Any) -> Weather:
    """A round trip of 100 ms, the same each way."""
    return Weather(loss=loss, delay_ms=50, **more)


@dataclass(frozen=True)
class Profile:
    """`then` replaces the weather after a third of the time, and the first returns after two thirds."""

    weather: Weather
    then: Weather | None = None


PROFILES = {
    "fair": Profile(FAIR),
    "5 % loss, RTT 100 ms": Profile(lossy(0.05)),
    "10 % loss, RTT 100 ms": Profile(lossy(0.10)),
    "20 % loss, RTT 100 ms": Profile(lossy(0.20)),
    "5 % loss in bursts of 8": Profile(lossy(0.05, burst=8)),
    "5 % reordered by up to 50 ms, 1 % twice": Profile(
        Weather(delay_ms=50, reorder=0.05, jitter_ms=50, duplicate=0.01)
    ),
    "2 Mbit/s": Profile(Weather(delay_ms=30, rate_bps=2_000_000)),
    "2 Mbit/s, 300 kbit/s, 2 Mbit/s": Profile(
        Weather(delay_ms=30, rate_bps=2_000_000), then=Weather(delay_ms=30, rate_bps=300_000)
    ),
    "nothing for 2 s": Profile(FAIR, then=Weather(loss=1.0)),
}


@dataclass
class Seen:
    """What Ben saw and heard of Ada."""

    fps: float
    freezes: int
    frozen_percent: float
    concealed_percent: float
    heights: list[int]
    top_after_s: float | None
    rtt_ms: float | None
    cushion_ms: float | None

    def row(self, name: str) -> str:
        trace = " → ".join(map(str, self.heights))
        top = "-" if self.top_after_s is None else f"{self.top_after_s:.1f}"
        return (
            f"| {name} | {self.fps:.1f} | {self.freezes} | {self.frozen_percent:.1f} "
            f"| {self.concealed_percent:.1f} | {trace} | {top} |"
        )


HEADER = (
    "| network | frames/s | freezes | time frozen, % | samples concealed, % | heights shown | top layer after, s |\n"
    "|---|--:|--:|--:|--:|---|--:|"
)


class Watch:
    """Ben's eyes and ears over a stretch of time."""

    def __init__(self, ben: BrowserPerson) -> None:
        self._ben = ben

    async def track(self, source: str) -> dict[str, Any] | None:
        report = await self._ben.report()
        tracks = [track for remote in report["remote"] for track in remote["tracks"]]
        return next((track for track in tracks if track["source"] == source), None)

    async def over(self, seconds: float, relayed: Relay, profile: Profile) -> Seen:
        loop = asyncio.get_running_loop()
        before = {source: await self._present(source) for source in ("camera", "microphone")}
        started, heights, top_after = loop.time(), [], None
        changes = self._changes(seconds, profile)
        while (elapsed := loop.time() - started) < seconds:
            while changes and elapsed >= changes[0][0]:
                weather = changes.pop(0)[1]
                relayed.set(up=weather, down=weather)
            camera = await self._present("camera")
            if (height := camera["frame_height"]) and heights[-1:] != [height]:
                heights.append(height)
            if height == TOP_HEIGHT and top_after is None:
                top_after = elapsed
            await asyncio.sleep(POLL_S)
        return self._seen(before, {s: await self._present(s) for s in before}, heights, top_after, seconds)

    @staticmethod
    def _changes(seconds: float, profile: Profile) -> list[tuple[float, Weather]]:
        if profile.then is None:
            return []
        outage = 2.0 if profile.then.loss == 1.0 else seconds / 3
        return [(seconds / 3, profile.then), (seconds / 3 + outage, profile.weather)]

    async def _present(self, source: str) -> dict[str, Any]:
        async def there() -> dict[str, Any] | None:
            return await self.track(source)

        return await eventually(there, f"the {source}")  # type: ignore[return-value]

    @staticmethod
    def _seen(
        before: dict[str, Any], after: dict[str, Any], heights: list[int], top: float | None, seconds: float
    ) -> Seen:
        def grown(source: str, name: str) -> float:
            return float(after[source][name] - before[source][name])

        samples = max(grown("microphone", "total_samples_received"), 1)
        return Seen(
            fps=grown("camera", "frames_decoded") / seconds,
            freezes=int(grown("camera", "freeze_count")),
            frozen_percent=100 * grown("camera", "total_freezes_duration_s") / seconds,
            concealed_percent=100 * grown("microphone", "concealed_samples") / samples,
            heights=heights,
            top_after_s=top,
            rtt_ms=after["camera"]["rtt_ms"],
            cushion_ms=after["camera"]["cushion_ms"],
        )


async def measure(browser: Browser, server: RunningServer, name: str, seconds: float) -> Seen:
    """One profile, from Ben's first picture on."""
    profile = PROFILES[name]
    status, workers = server.request("GET", "/api/workers", token=server.operator_token())
    assert status == 200, workers
    async with relay(workers["workers"][0]["udp_port"], SEED) as relayed:
        ada = await BrowserPerson.arrive(browser, "Ada", server.url)
        meeting_id = await ada.create_meeting()
        await ada.join()
        ben = await BrowserPerson.arrive(browser, "Ben", f"{server.url}/m/{meeting_id}", relayed.through)
        await ben.part("camera-toggle").click()
        relayed.set(up=profile.weather, down=profile.weather)
        await ben.join()
        watch = Watch(ben)

        async def picture() -> bool:
            camera = await watch.track("camera")
            return camera is not None and camera["frames_decoded"] > 0

        await eventually(picture, "a first picture", within_s=30)
        try:
            return await watch.over(seconds, relayed, profile)
        finally:
            await ben.close()
            await ada.close()


async def run(names: list[str], seconds: float) -> None:
    print(HEADER, flush=True)
    with running_server() as server:
        async with async_playwright() as playwright:
            for name in names:
                browser = await launch(playwright)
                print((await measure(browser, server, name, seconds)).row(name), flush=True)
                await browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", default=list(PROFILES))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.profiles if name not in PROFILES]
    if unknown:
        parser.error(f"no such profile: {unknown[0]!r}; there are {', '.join(map(repr, PROFILES))}")
    asyncio.run(run(arguments.profiles, arguments.seconds))


if __name__ == "__main__":
    main()

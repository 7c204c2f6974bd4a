"""A meeting whose pictures and sound flow, to see whether they stop: a process of its own.

Told `{url, places}` they come in, and answer when each receives all others; then, whenever asked, they tell what they
received since they were asked last. Received is when the kernel took a packet, and what the sender's own clock was late
by is taken off: the lateness of this process is in neither. The clients are those of the load test, with real ICE,
DTLS and SRTP.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import msgspec

from server.loadtest.histogram import Histogram
from server.loadtest.participant import Participant
from server.loadtest.scenario import Place, Scenario
from server.loadtest.tally import Tally
from sfu.worker.dtls import new_certificate
from tests.bench.child import answer_parent, run
from tests.support.eventually import eventually

FREEZE_MS = 200.0


class Bystanders:
    """Each sends a microphone and a camera, and receives both of all others."""

    def __init__(self, told: dict[str, Any]) -> None:
        places = msgspec.convert(told["places"], list[Place])
        scenario = Scenario(url=told["url"], publishers=len(places), subscribers=0, video_kbps=(300,))
        certificate = new_certificate()
        self._tallies = [Tally() for _ in places]
        people = [
            Participant(scenario, place, certificate, tally) for place, tally in zip(places, self._tallies, strict=True)
        ]
        self._tasks = [asyncio.create_task(person.run(), name="bystander") for person in people]
        self._latency, self._pauses = Counter[int](), Counter[int]()

    async def flow(self) -> None:
        async def all_receive() -> bool:
            return all(tally.packets_received > 100 for tally in self._tallies)

        await eventually(all_receive, "all bystanders receive each other", within_s=20)
        self.since()

    def since(self) -> dict[str, Any]:
        latency, pauses = Counter[int](), Counter[int]()
        for tally in self._tallies:
            latency.update(tally.latency.counts())
            pauses.update(tally.pauses.counts())
        told = {
            "packets": (latency - self._latency).total(),
            "lost": sum(tally.lost for tally in self._tallies),
            "latency_ms": Histogram(latency - self._latency).summary(),
            "paused_ms": Histogram(pauses - self._pauses).summary(),
            "frozen": sum(n for us, n in (pauses - self._pauses).items() if us > FREEZE_MS * 1000),
            "failed": dict(sum((tally.failed for tally in self._tallies), Counter[str]())),
        }
        self._latency, self._pauses = latency, pauses
        return told

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def main() -> None:
    bystanders: list[Bystanders] = []

    async def answer(told: dict[str, Any]) -> dict[str, Any]:
        if "url" in told:
            bystanders.append(Bystanders(told))
            await bystanders[-1].flow()
            return {}
        return bystanders[-1].since()

    await answer_parent(answer)
    for group in bystanders:
        await group.leave()


if __name__ == "__main__":
    run(main)

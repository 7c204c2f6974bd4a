"""`python -m server.loadtest.generator`: one process of a load test.

A line of standard input is its share. It says that it is ready, which takes a second or more, and is told in another
line when all begin. From then on its tally goes to standard output once a second. All lines are JSON.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Final

import msgspec
import uvloop

from server.loadtest.participant import Participant
from server.loadtest.scenario import READY, Place, Share
from server.loadtest.tally import Tally
from sfu.worker.dtls import new_certificate

TELL_INTERVAL_S: Final = 1.0
IN_FLIGHT_S: Final = 0.3
"""What is under way when the publishers stop may still arrive."""


class Generator:
    """Sends the people of one share in, at their times, and everybody out at the end."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._starts_at = 0.0
        self._tally = Tally()
        self._certificate = new_certificate()

    async def run(self, starts_at: float) -> None:
        """From `starts_at` on, in seconds since the epoch by the clock of the machine, for as long as it takes."""
        self._starts_at = starts_at
        scenario = self._share.scenario
        ends_at = starts_at + scenario.joining_s + scenario.duration_s
        teller = asyncio.create_task(self._tell(), name="tell")
        people = [asyncio.create_task(self._send_in(place), name="participant") for place in self._share.places]
        await asyncio.sleep(max(ends_at - time.time(), 0))
        publishers = [task for task, place in zip(people, self._share.places, strict=True) if place.publishes]
        await _end(publishers)
        await asyncio.sleep(IN_FLIGHT_S)
        await _end(people)
        await _end([teller])
        self._print(final=True)

    async def _send_in(self, place: Place) -> None:
        await asyncio.sleep(max(self._starts_at + place.joins_at_s - time.time(), 0))
        await Participant(self._share.scenario, place, self._certificate, self._tally).run()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(TELL_INTERVAL_S)
            self._print(final=False)

    def _print(self, *, final: bool) -> None:
        self._tally.cpu_s = time.process_time()
        sys.stdout.buffer.write(msgspec.json.encode(self._tally.snapshot(final=final)) + b"\n")
        sys.stdout.buffer.flush()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    generator = Generator(msgspec.json.decode(sys.stdin.buffer.readline(), type=Share))
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    starts_at = msgspec.json.decode(sys.stdin.buffer.readline(), type=float)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(generator.run(starts_at))


if __name__ == "__main__":
    main()

"""How long a dead worker is felt: `python -m tests.bench.recovery [--people 20] [--rounds 10] [--hang]`.

A meeting of light clients, each of which sends a camera and receives all others, loses its worker again and again.
Measured by the kernel's receive times: from the blow until each participant has a picture of every other one again; and
the longest pause of a meeting on the other worker, whose frames are 100 ms apart. All clients share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json

from tests.chaos.outage import Hurt, Outage, a_lively_meeting, outage
from tests.chaos.worker import hang, kill
from tests.support.server import RunningServer, running_server

APART_S = 31.0
"""Between two blows, so that the meeting is never parked: three within a minute would be too many."""


async def measure(server: RunningServer, people: int, rounds: int, hurt: Hurt) -> list[Outage]:
    outages: list[Outage] = []
    async with a_lively_meeting(server, people) as meeting:
        for turn in range(rounds):
            if turn:
                await asyncio.sleep(APART_S)
            outages.append(await outage(server, meeting, hurt))
    return outages


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--hang", action="store_true", help="stop the worker (SIGSTOP) instead of killing it")
    options = parser.parse_args()
    with running_server(FOLKMOOT_RTC__WORKERS="2") as server:
        hurt = hang if options.hang else kill
        outages = asyncio.run(measure(server, options.people, options.rounds, hurt))
    back = [seconds for one in outages for seconds in one.back_after_s]
    gaps = [float(one.other_room_gap_ms) for one in outages]
    summary = {
        "people": options.people,
        "rounds": options.rounds,
        "back_p50_s": round(percentile(back, 0.5), 2),
        "back_p95_s": round(percentile(back, 0.95), 2),
        "back_max_s": round(max(back), 2),
        "other_room_gap_p50_ms": percentile(gaps, 0.5),
        "other_room_gap_max_ms": max(gaps),
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main()

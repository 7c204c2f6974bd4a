"""How long a dead worker is felt: `python -m tests.bench.recovery [--people 20] [--rounds 10] [--hang] [--hold]`.

A meeting of light clients, each of which sends a camera and receives all others, loses its worker again and again.
Measured by the kernel's receive times: from the blow until each participant has a picture of every other one again; and
the longest pause of a meeting on the other worker, whose frames are 100 ms apart. All clients share the machine.
With `--hold` it fails where a promise is broken: on a machine that does nothing else. The tests of `tests/chaos` hold
looser bounds, since they run beside whatever there is.
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


PROMISED = {"back_p95_s": 3.0, "other_room_gap_max_ms": 200.0}
"""At most, of a worker that was killed. One that hangs is first to be found out, which takes `HANG_S` more."""
HANG_S = 3.0


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


def summary_of(outages: list[Outage]) -> dict[str, float]:
    back = [seconds for one in outages for seconds in one.back_after_s]
    gaps = [float(one.other_room_gap_ms) for one in outages]
    return {
        "back_p50_s": round(percentile(back, 0.5), 2),
        "back_p95_s": round(percentile(back, 0.95), 2),
        "back_max_s": round(max(back), 2),
        "other_room_gap_p50_ms": percentile(gaps, 0.5),
        "other_room_gap_max_ms": max(gaps),
    }


def broken_promises(summary: dict[str, float], *, hung: bool) -> list[str]:
    allowed = PROMISED | ({"back_p95_s": PROMISED["back_p95_s"] + HANG_S} if hung else {})
    return [f"{name}: {summary[name]}, promised {most}" for name, most in allowed.items() if summary[name] > most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--hang", action="store_true", help="stop the worker (SIGSTOP) instead of killing it")
    parser.add_argument("--hold", action="store_true", help="fail where a promise is broken")
    options = parser.parse_args()
    with running_server(FOLKMOOT_RTC__WORKERS="2") as server:
        hurt = hang if options.hang else kill
        outages = asyncio.run(measure(server, options.people, options.rounds, hurt))
    summary = summary_of(outages)
    print(json.dumps({"people": options.people, "rounds": options.rounds} | summary))
    broken = broken_promises(summary, hung=options.hang)
    if options.hold and broken:
        parser.exit(1, "\n".join(broken) + "\n")


if __name__ == "__main__":
    main()

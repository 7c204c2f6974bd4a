"""What signaling carries: `python -m tests.bench.signaling [requests|fan-out|storm ...]`.

* requests: 200 people in rooms of ten ask 2,000 times a second, at times fixed beforehand, so that a late answer delays
  no question and is not hidden. Each request is recorded before its answer and told to the nine others.
* fan-out: one says something to 499 others; until the last of them has heard it.
* storm: a hundred arrive each second, then a thousand at once, while rooms that are there go on (`storm.py`): how long
  those who arrive wait, how those who ask are answered, and whether anybody's picture stops.

The server is a process of its own. Clients share this one, but for those who arrive in a storm and those whose media is
watched: they have a process each.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import uvloop

from server.loadtest.histogram import Histogram
from signaling.messages.catalogue import REQUESTS
from tests.bench.asking import Bench, Load, connected, leave
from tests.bench.storm import storm
from tests.support.server import RunningServer, running_server


async def requests(bench: Bench, options: argparse.Namespace) -> dict[str, Any]:
    people = await bench.rooms(options.people, "asking")
    bench.say("asking begins")
    told, cpu_s, load = sum(wire.told for wire in people), bench.cpu_s(), Load()
    began, own_cpu_s = time.monotonic(), time.process_time()
    await load.run(people, options.rate, options.duration)
    took_s = time.monotonic() - began
    result = {
        "people": len(people),
        "requests_per_s": round(len(load.took) / took_s),
        "told_per_s": round((sum(wire.told for wire in people) - told) / took_s),
        "ms": load.took.summary(),
        "server_core": round((bench.cpu_s() - cpu_s) / took_s, 2),
        "clients_core": round((time.process_time() - own_cpu_s) / took_s, 2),
        "outcomes": dict(load.outcomes),
    }
    await leave(people)
    return result


async def fan_out(bench: Bench, options: argparse.Namespace) -> dict[str, Any]:
    entered = [await bench.enter(f"listener{n}", "lecture") for n in range(options.listeners + 1)]
    people = [wire for wire, _ in entered]
    event = "chat:send" if "chat:send" in REQUESTS else "reaction:send"
    payload: dict[str, object] = {"text": "Good morning."} if event == "chat:send" else {"reaction": "👋"}
    heard_at: list[float] = []
    everybody = asyncio.Event()

    def hear(packet: str) -> None:
        if '["chat:message"' in packet or '["reaction:sent"' in packet:
            heard_at.append(time.monotonic())
            if len(heard_at) == options.listeners:
                everybody.set()

    for wire in people[1:]:
        wire.on_told = hear
    await asyncio.sleep(3)
    bench.say("talking begins")
    all_heard, answered = Histogram(), Histogram()
    for _ in range(options.messages):
        heard_at.clear()
        everybody.clear()
        said_at = time.monotonic()
        answer = await people[0].send(event, payload)
        assert answer["ok"], answer
        answered.add(round((time.monotonic() - said_at) * 1e6))
        await everybody.wait()
        all_heard.add(round((heard_at[-1] - said_at) * 1e6))
        await asyncio.sleep(0.3)
    await leave(people)
    return {
        "event": event,
        "listeners": options.listeners,
        "last_heard_ms": all_heard.summary(),
        "answered_ms": answered.summary(),
    }


PARTS: Final[dict[str, Callable[[Bench, argparse.Namespace], Coroutine[Any, Any, dict[str, Any]]]]] = {
    "requests": requests,
    "fan-out": fan_out,
    "storm": storm,
}


async def measure(server: RunningServer, part: str, options: argparse.Namespace) -> dict[str, Any]:
    async with connected(server) as bench:
        return await PARTS[part](bench, options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="all unless said")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--rate", type=float, default=2000, help="requests a second of all people together")
    parser.add_argument("--duration", type=float, default=10.0, help="seconds")
    parser.add_argument("--listeners", type=int, default=499)
    parser.add_argument("--messages", type=int, default=30)
    parser.add_argument("--flood", type=int, default=1000, help="how many come at once")
    options = parser.parse_args()
    # A thousand people are 300,000 objects here: looking through them would be measured as the server's lateness.
    gc.disable()
    for part in options.parts or PARTS:
        with running_server() as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            print(part, json.dumps(runner.run(measure(server, part, options))), flush=True)


if __name__ == "__main__":
    main()

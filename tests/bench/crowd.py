"""People who come, all at once or so many a second: a process of its own, so that they delay nobody who is in.

Told `{url, secret, prefix, people}` they get their tokens, told `{per_s}` (0 for all at once) they come, and answer
when all are in, told `{leave}` they go.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import aiohttp

from server.identity import TokenAuthority
from server.loadtest.histogram import Histogram
from tests.bench.asking import ROOM, leave, many_connections
from tests.bench.child import answer_parent, run
from tests.bench.wire import TurnedAwayError, Wire

TRIES = 30


class Crowd:
    """Who come, and what they were told."""

    def __init__(self, http: aiohttp.ClientSession, told: dict[str, Any]) -> None:
        self._http = http
        self._url = told["url"]
        authority = TokenAuthority(told["secret"], now=time.time)
        self._seats = []
        for number in range(told["people"]):
            meeting = f"{told['prefix']}-{number // ROOM}"
            grants = {"room_create": True}
            token = authority.issue(f"{told['prefix']}{number}", ttl_s=3600, name="", meeting=meeting, grants=grants)
            self._seats.append((meeting, token))
        self.took = Histogram()
        self.outcomes: Counter[str] = Counter()
        self.tries: Counter[int] = Counter()
        self.people: list[Wire] = []

    async def come(self, per_s: float) -> dict[str, Any]:
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number, seat in enumerate(self._seats):
                tasks.create_task(self._arrive(*seat))
                if per_s and (early := began + (number + 1) / per_s - time.monotonic()) > 0:
                    await asyncio.sleep(early)
        tries = {str(attempt): people for attempt, people in sorted(self.tries.items())}
        return {"in_after_ms": self.took.summary(), "outcomes": dict(self.outcomes), "tries": tries}

    async def _arrive(self, meeting: str, token: str) -> None:
        """Comes back as told, until let in."""
        began = time.monotonic()
        for attempt in range(1, TRIES):
            retry_after_s = await self._try(meeting, token)
            if retry_after_s is None:
                self.took.add(round((time.monotonic() - began) * 1e6))
                self.tries[attempt] += 1
                return
            await asyncio.sleep(retry_after_s)
        self.outcomes["gave up"] += 1

    async def _try(self, meeting: str, token: str) -> float | None:
        """None when in, else the seconds to wait."""
        try:
            wire = await Wire(self._http, self._url, token).open()
            answer = await wire.ask("room:join", meeting_id=meeting)
        except TurnedAwayError as error:
            self.outcomes[f"refused {error.code}"] += 1
            return self._told(error.retry_after_s)
        except (ConnectionError, aiohttp.ClientError) as error:
            self.outcomes[f"lost {type(error).__name__}"] += 1
            return 1.0
        if answer["ok"]:
            self.outcomes["joined"] += 1
            self.people.append(wire)
            return None
        await wire.close()
        self.outcomes[f"refused {answer['error']['code']}: {answer['error']['message']}"] += 1
        return self._told(answer["error"].get("retry_after"))

    def _told(self, retry_after_s: float | None) -> float:
        if retry_after_s is None:
            self.outcomes["refused without a time to come back"] += 1
        return retry_after_s or 1.0


async def main() -> None:
    async with many_connections() as http:
        crowds: list[Crowd] = []

        async def answer(told: dict[str, Any]) -> dict[str, Any]:
            if "url" in told:
                crowds.append(Crowd(http, told))
            elif "leave" in told:
                await leave(crowds[-1].people)
            else:
                return await crowds[-1].come(told["per_s"])
            return {}

        await answer_parent(answer)


if __name__ == "__main__":
    run(main)

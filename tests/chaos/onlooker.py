"""Two people in a meeting beside: `python -m tests.chaos.onlooker URL MEETING TOKEN TOKEN`, a process of its own.

Says `{"ready": true}` once each sees the other, goes on until its input ends, then says the longest pause in what
either received, in milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import sys

from aiortc.rtcdtlstransport import RTCCertificate

from tests.support.eventually import eventually
from tests.support.light import LightParticipant, all_see_each_other


async def look_on(url: str, meeting_id: str, tokens: list[str]) -> None:
    certificate = RTCCertificate.generateCertificate()
    people = [LightParticipant(url, token, certificate) for token in tokens]
    for person in people:
        await person.join(meeting_id)
    await eventually(lambda: all_see_each_other(people), "the onlookers see each other")
    _say({"ready": True})
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    pictures = [picture for person in people for picture in person.pictures.values()]
    _say({"longest_gap_ms": round(max(picture.longest_gap_s for picture in pictures) * 1000)})
    for person in people:
        await person.leave()


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    url, meeting_id, *tokens = sys.argv[1:]
    asyncio.run(look_on(url, meeting_id, tokens))

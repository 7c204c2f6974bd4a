"""A mute by a host holds whatever the muted client does: it goes on sending, and nobody gets anything."""

from __future__ import annotations

import asyncio
import time

from aiortc.mediastreams import MediaStreamTrack

from tests.interop.test_pymediasoup import FRAMES, Bot, frames
from tests.support.server import RunningServer

QUIET_S = 1.5
"""Longer than what is on its way takes to be decoded; pictures come every 33 ms."""
WITHIN_S = 15.0


async def fell_silent(track: MediaStreamTrack) -> bool:
    """Whether frames stop coming."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        try:
            await asyncio.wait_for(track.recv(), QUIET_S)
        except TimeoutError:
            return True
    return False


async def test_who_ignores_a_mute_is_not_forwarded(server: RunningServer) -> None:
    """Bob is a program that does not listen to what it is told; it never pauses anything."""
    ada = Bot(server.url, server.token("ada", meeting="muting", role="host", grants={"room_create": True}))
    bob = Bot(server.url, server.token("bob", meeting="muting"))
    await ada.join("muting")
    await bob.join("muting")
    try:
        await bob.produce()
        picture = await ada.consume("camera")
        assert len(await frames(picture, FRAMES)) == FRAMES
        room = server.request("GET", "/api/rooms/muting", token=server.operator_token())[1]
        target = next(p["participant_id"] for p in room["participants"] if p["user_id"] == "bob")
        await ada.ask("participant:mute", participant_id=target, kind="video")
        assert await fell_silent(picture)
        await ada.ask("participant:ask_unmute", participant_id=target, kind="video")
        assert await fell_silent(picture), "asking unmutes nobody"
        await bob.ask("media:toggle", kind="video", enabled=True)
        assert len(await frames(picture, FRAMES)) == FRAMES
    finally:
        await bob.leave()
        await ada.leave()

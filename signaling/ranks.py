"""Whose picture matters most in everybody's bandwidth: who has the floor, and whom hosts put into the spotlight."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from sfu import commands

if TYPE_CHECKING:
    from sfu.ports import Rooms
    from signaling.counters import Counters
    from signaling.media import Producer
    from signaling.participant import Participant

SPEAKER_PRIORITY: Final = 40
"""Added to the speaker's camera in everybody's allocation: less than a shared screen has, and than a pinned tile."""
SPOTLIGHT_PRIORITY: Final = 60
WAITING_LIMIT: Final = 1024
"""Rank changes that may wait for workers; what is beyond is left out until the same camera changes again."""
log = structlog.get_logger(__name__)


class Ranks:
    """Brings the ranks of cameras to the workers, off the path of whoever changed them."""

    def __init__(self, media: Rooms, counters: Counters) -> None:
        self._media = media
        self._counters = counters
        self._waiting: asyncio.Queue[Producer] = asyncio.Queue(maxsize=WAITING_LIMIT)

    def refresh(self, participant: Participant) -> None:
        """Their rank may have changed. Never waits."""
        for producer in participant.producers():
            self._put(producer)

    def began(self, producer: Producer) -> None:
        """A new producer has no rank; the camera of somebody who has one gets it."""
        if rank_of(producer.owner):
            self._put(producer)

    def _put(self, producer: Producer) -> None:
        if producer.source != "camera":
            return
        try:
            self._waiting.put_nowait(producer)
        except asyncio.QueueFull:
            self._counters.ranks_dropped["queue_full"] += 1

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            producer = await self._waiting.get()
            if producer.closed:
                continue
            room_id = producer.owner.room.id
            try:
                await self._media.ask(commands.SetProducerPriority(room_id, producer.id, rank_of(producer.owner)))
            except commands.MediaError as error:
                self._counters.ranks_dropped[error.code.lower()] += 1
                if error.code not in {"NOT_FOUND", "UNAVAILABLE"}:
                    log.warning("priority_refused", meeting_id=room_id, code=error.code)


def rank_of(participant: Participant) -> int:
    """As it is now, 0 for most: judged when the worker is asked, so that what came late changes nothing."""
    room = participant.room
    speaks = SPEAKER_PRIORITY if room.speaker is participant else 0
    return speaks + (SPOTLIGHT_PRIORITY if participant.id in room.spotlight else 0)

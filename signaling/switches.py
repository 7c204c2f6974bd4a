"""The one rule for what "microphone on" and "camera on" mean, whoever changes it.

A kind is on while its producers of microphone or camera run, or as `media:toggle` last said. The two never disagree:
toggling pauses and resumes those producers, pausing and resuming them toggles. Each change is recorded and told once;
saying again what is so already changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from persistence.errors import PersistenceError
from persistence.events import AudioMuted, AudioUnmuted, Payload, VideoMuted, VideoUnmuted
from sfu import commands
from sfu.ports import Rooms
from signaling.lookup import still_in
from signaling.media import Producer
from signaling.messages import catalogue
from signaling.messages.media import MediaUpdated, ProducerNamed
from signaling.messages.model import Kind
from signaling.participant import Participant
from signaling.ports import Record

_FACTS: Final[Mapping[tuple[Kind, bool], type[Payload]]] = MappingProxyType(
    {
        ("audio", False): AudioMuted,
        ("audio", True): AudioUnmuted,
        ("video", False): VideoMuted,
        ("video", True): VideoUnmuted,
    }
)


class Switches:
    """Turns microphones and cameras on and off."""

    def __init__(self, media: Rooms, record: Record) -> None:
        self._media = media
        self._record = record

    async def toggle(self, participant: Participant, kind: Kind, *, enabled: bool) -> None:
        """What `media:toggle` asks. Its first word on a kind is recorded either way: before it nothing was said."""
        mine = [producer for producer in participant.producers() if producer.is_personal and producer.kind == kind]
        await self._run(participant, mine, running=enabled, switch=kind)

    async def run(self, producer: Producer, *, running: bool) -> None:
        """What `producer:pause` and `producer:resume` ask."""
        others = (p for p in producer.owner.producers() if p is not producer and _is_on(p, producer.kind))
        switches = producer.is_personal and (running or not any(others))
        await self._run(producer.owner, [producer], running=running, switch=producer.kind if switches else None)

    async def began(self, producer: Producer) -> None:
        """A producer was added. The first of its kind only says how things are; no switch was touched."""
        owner, kind = producer.owner, producer.kind
        if not producer.is_personal:
            return
        enabled = any(_is_on(p, kind) for p in owner.producers())
        if kind in owner.enabled:
            await self._set(owner, kind, enabled=enabled)
        else:
            owner.enabled[kind] = enabled

    async def _run(
        self, participant: Participant, producers: list[Producer], *, running: bool, switch: Kind | None
    ) -> None:
        """Pause or resume in the SFU, record, tell. What could not be recorded is taken back."""
        changed = [producer for producer in producers if producer.paused is running]
        for producer in changed:
            await self._set_running(producer, running=running)
        if switch is not None:
            try:
                await self._set(participant, switch, enabled=running)
            except PersistenceError:
                for producer in changed:
                    await self._set_running(producer, running=not running)
                raise
        event = catalogue.PRODUCER_RESUMED if running else catalogue.PRODUCER_PAUSED
        for producer in changed:
            participant.room.tell(event, ProducerNamed(producer_id=producer.id), but=participant)

    async def _set_running(self, producer: Producer, *, running: bool) -> None:
        command = commands.ResumeProducer if running else commands.PauseProducer
        await self._media.ask(command(producer.owner.room.id, producer.id))
        still_in(producer.owner)
        producer.paused = not running

    async def _set(self, participant: Participant, kind: Kind, *, enabled: bool) -> None:
        if participant.enabled.get(kind) is enabled:
            return
        room = participant.room
        await self._record.emit(room.id, _FACTS[kind, enabled](), participant_id=participant.id)
        participant.enabled[kind] = enabled
        update = MediaUpdated(participant_id=participant.id, kind=kind, enabled=enabled)
        room.tell(catalogue.MEDIA_UPDATED, update, but=participant)


def _is_on(producer: Producer, kind: Kind) -> bool:
    return producer.is_personal and producer.kind == kind and not producer.paused

"""The one rule for what "microphone on" and "camera on" mean, whoever changes it.

A kind is on while its producers of microphone or camera run, or as `media:toggle` last said. The two never disagree:
toggling pauses and resumes those producers, pausing and resuming them toggles. Each change is recorded and told once;
saying again what is so already changes nothing.

A host can switch off what is somebody else's, and nobody can switch it on but they. Whoever touches a participant's
switches holds their `switching`, so that a mute and an unmute at the same moment come one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from persistence.errors import PersistenceError
from persistence.events import AudioMuted, AudioUnmuted, ParticipantMutedBy, Payload, VideoMuted, VideoUnmuted
from sfu import commands
from sfu.ports import Rooms
from signaling.lookup import still_in
from signaling.media import Producer
from signaling.messages import catalogue
from signaling.messages.media import MediaUpdated, ProducerNamed
from signaling.messages.model import Kind
from signaling.participant import Participant
from signaling.permissions import check_switch_on, may_switch_on
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
        """What `media:toggle` asks. Its first word on a kind is recorded either way: before it nothing was said.

        Raises ACCESS_DENIED where only hosts let people switch it on.
        """
        async with participant.switching:
            still_in(participant)
            if enabled:
                check_switch_on(participant, kind)
            await self._run(participant, _personal(participant, kind), running=enabled, switch=kind, by=participant)

    async def run(self, producer: Producer, *, running: bool) -> None:
        """What `producer:pause` and `producer:resume` ask. Raises ACCESS_DENIED as `toggle` does."""
        owner = producer.owner
        async with owner.switching:
            still_in(owner)
            if running and producer.is_personal:
                check_switch_on(owner, producer.kind)
            others = (p for p in owner.producers() if p is not producer and _is_on(p, producer.kind))
            switches = producer.is_personal and (running or not any(others))
            switch = producer.kind if switches else None
            await self._run(owner, [producer], running=running, switch=switch, by=owner)

    async def mute(self, target: Participant, kind: Kind, *, by: Participant) -> bool:
        """A host switches it off; returns whether it was on. What the target's client makes of it does not matter."""
        async with target.switching:
            mine = _personal(target, kind)
            target.asked_to_unmute.discard(kind)
            if target.gone or not (target.enabled.get(kind) or any(_is_on(p, kind) for p in mine)):
                return False
            await self._run(target, mine, running=False, switch=kind, by=by)
            return True

    async def began(self, producer: Producer) -> None:
        """A producer was added. The first of its kind only says how things are; no switch was touched.

        What may not be on is paused at once: hosts may have switched it off while the producer was made.
        """
        owner, kind = producer.owner, producer.kind
        if not producer.is_personal:
            return
        async with owner.switching:
            if not producer.paused and not may_switch_on(owner, kind):
                await self._set_running(producer, running=False)
            enabled = any(_is_on(p, kind) for p in owner.producers())
            if kind in owner.enabled:
                await self._set(owner, kind, enabled=enabled, by=owner)
            else:
                owner.enabled[kind] = enabled

    async def _run(
        self,
        participant: Participant,
        producers: list[Producer],
        *,
        running: bool,
        switch: Kind | None,
        by: Participant,
    ) -> None:
        """Pause or resume in the SFU, record, tell. What could not be recorded is taken back."""
        changed = [producer for producer in producers if producer.paused is running]
        for producer in changed:
            await self._set_running(producer, running=running)
        if switch is not None:
            try:
                await self._set(participant, switch, enabled=running, by=by)
            except PersistenceError:
                for producer in changed:
                    await self._set_running(producer, running=not running)
                raise
        event = catalogue.PRODUCER_RESUMED if running else catalogue.PRODUCER_PAUSED
        for producer in changed:
            told = ProducerNamed(producer_id=producer.id)
            participant.room.tell(event, told, but=participant if by is participant else None)

    async def _set_running(self, producer: Producer, *, running: bool) -> None:
        command = commands.ResumeProducer if running else commands.PauseProducer
        await self._media.ask(command(producer.owner.room.id, producer.id))
        still_in(producer.owner)
        producer.paused = not running

    async def _set(self, participant: Participant, kind: Kind, *, enabled: bool, by: Participant) -> None:
        if enabled:
            participant.asked_to_unmute.discard(kind)
        if participant.enabled.get(kind) is enabled:
            return
        room = participant.room
        facts: list[tuple[Payload, str | None]] = [(_FACTS[kind, enabled](), participant.id)]
        if by is not participant:
            facts.append((ParticipantMutedBy(target=participant.id, kind=kind), by.id))
        await self._record.emit(room.id, *facts)
        participant.enabled[kind] = enabled
        update = MediaUpdated(participant_id=participant.id, kind=kind, enabled=enabled)
        room.tell(catalogue.MEDIA_UPDATED, update, but=by)


def _personal(participant: Participant, kind: Kind) -> list[Producer]:
    return [producer for producer in participant.producers() if producer.is_personal and producer.kind == kind]


def _is_on(producer: Producer, kind: Kind) -> bool:
    return producer.is_personal and producer.kind == kind and not producer.paused

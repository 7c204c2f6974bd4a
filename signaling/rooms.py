"""Meetings while they are live: who and what is in them. The one owner of that state on this node."""

from __future__ import annotations

import asyncio
from typing import Any

from config.settings import LimitSettings
from persistence.repositories.meetings import Meeting
from signaling.chat import Chat
from signaling.data import RoomData
from signaling.errors import ErrorCode, SignalingError
from signaling.hands import Hands
from signaling.known import Known
from signaling.media import Consumer, Producer, Transport
from signaling.messages.model import Told
from signaling.participant import Participant
from signaling.phase import Phase, step
from signaling.polls import Polls
from signaling.standings import Standings


class Room:
    """The tables of one room. Nothing here waits, so every change is seen whole or not at all.

    `arriving` counts those who hold a place and are not in yet. `opening` guards the one opening of the room's media,
    `started` says that it came to that, if only while the room was closing already. `phase` is changed by `open`,
    `close` and `end` alone; `over` is set once nothing of the room is left and its id may be used again.
    `lobby` says whether people wait to be let in, but for hosts and those who are `known` from before.
    `blocked` are the names of those who may not come in, by user id; `spotlight` the participants whom everybody sees
    large. Whoever changes the rules of the room or somebody's standing in it holds `moderating`.
    `restored` is cleared while no worker carries the room because its last one died; `losses` counts such deaths.
    """

    def __init__(self, meeting: Meeting, *, capacity: int) -> None:
        self.meeting = meeting
        self.capacity = capacity
        self.participants: dict[str, Participant] = {}
        self.transports: dict[str, Transport] = {}
        self.producers: dict[str, Producer] = {}
        self.consumers: dict[str, Consumer] = {}
        self.data = RoomData()
        self.speaker: Participant | None = None
        self.hands = Hands()
        self.chat = Chat()
        self.polls = Polls()
        self.features = meeting.features
        self.lobby = meeting.lobby
        self.known = Known()
        self.standings = Standings()
        self.blocked: dict[str, str] = {}
        self.locked = False
        self.spotlight: list[str] = []
        self.moderating = asyncio.Lock()
        self.arriving = 0
        self.opening = asyncio.Lock()
        self.phase = Phase.NEW
        self.started = False
        self.over = asyncio.Event()
        self.losses = 0
        self.restored = asyncio.Event()
        self.restored.set()

    @property
    def id(self) -> str:
        return self.meeting.id

    @property
    def closed(self) -> bool:
        """Nobody comes in any more."""
        return self.phase in {Phase.CLOSING, Phase.OVER}

    def open(self) -> None:
        """The meeting has started: its media is there, and the record says so."""
        self.started = True
        if not self.closed:
            self.phase = step(self.phase, Phase.OPEN)

    def close(self) -> None:
        self.phase = step(self.phase, Phase.CLOSING)

    def end(self) -> None:
        self.phase = step(self.phase, Phase.OVER)
        self.over.set()

    @property
    def deserted(self) -> bool:
        return not self.participants and not self.arriving and not self.closed

    def check_space(self) -> None:
        """Raises CAPACITY_EXCEEDED."""
        if len(self.participants) + self.arriving >= self.capacity:
            raise SignalingError(ErrorCode.CAPACITY_EXCEEDED, "The meeting is full.")

    def reserve(self) -> None:
        """Hold a place. Raises CAPACITY_EXCEEDED."""
        self.check_space()
        self.arriving += 1

    def tell(self, event: str, told: Told, *, but: Participant | None = None) -> None:
        """Tell everyone in the room, but for the one whose own request it was."""
        for participant in self.participants.values():
            if participant is not but:
                participant.tell(event, told)

    def add_transport(self, transport: Transport) -> None:
        transport.owner.transports[transport.id] = transport
        self.transports[transport.id] = transport

    def add_producer(self, producer: Producer) -> None:
        producer.transport.producers[producer.id] = producer
        self.producers[producer.id] = producer

    def add_consumer(self, consumer: Consumer) -> None:
        consumer.transport.consumers[consumer.id] = consumer
        consumer.producer.consumers[consumer.id] = consumer
        self.consumers[consumer.id] = consumer

    def remove_consumer(self, consumer: Consumer) -> None:
        self.consumers.pop(consumer.id, None)
        consumer.transport.consumers.pop(consumer.id, None)
        consumer.producer.consumers.pop(consumer.id, None)

    def remove_producer(self, producer: Producer) -> list[Consumer]:
        """The producer and its consumers leave the tables; returns those consumers."""
        producer.closed = True
        self.producers.pop(producer.id, None)
        producer.transport.producers.pop(producer.id, None)
        orphans = list(producer.consumers.values())
        for consumer in orphans:
            self.remove_consumer(consumer)
        return orphans

    def remove_transport(self, transport: Transport) -> tuple[list[Producer], list[Consumer]]:
        """The transport and all on it leave the tables; returns its producers and everybody's consumers of them.

        Whoever tells of its data takes that out before (`RoomData.remove_on`).
        """
        self.transports.pop(transport.id, None)
        transport.owner.transports.pop(transport.id, None)
        self.data.remove_on([transport])
        for consumer in list(transport.consumers.values()):
            self.remove_consumer(consumer)
        producers = list(transport.producers.values())
        orphans = [orphan for producer in producers for orphan in self.remove_producer(producer)]
        return producers, orphans

    def drop_media(self) -> list[Producer]:
        """All media leaves the tables, the people stay; returns the producers. What was asked before comes too late."""
        self.losses += 1
        self.restored.clear()
        return [
            producer for transport in list(self.transports.values()) for producer in self.remove_transport(transport)[0]
        ]

    def remove_participant(self, participant: Participant) -> tuple[list[Producer], list[Consumer]]:
        """The participant and all they hold leave the tables; returns their producers and others' consumers of them."""
        self.participants.pop(participant.id, None)
        self.hands.lower(participant.id)
        self.spotlight = [other for other in self.spotlight if other != participant.id]
        participant.session.participant = None
        if self.speaker is participant:
            self.speaker = None
        producers: list[Producer] = []
        orphans: list[Consumer] = []
        for transport in list(participant.transports.values()):
            removed, lost = self.remove_transport(transport)
            producers += removed
            orphans += (consumer for consumer in lost if consumer.owner is not participant)
        return producers, orphans

    def snapshot(self) -> dict[str, Any]:
        """What operators see of the room; JSON as it is."""
        return {
            "meeting_id": self.id,
            "title": self.meeting.title,
            "capacity": self.capacity,
            "speaker": self.speaker.id if self.speaker is not None else None,
            "locked": self.locked,
            "lobby": self.lobby,
            "features": self.features.model_dump(),
            "spotlight": self.spotlight,
            "participants": [participant.snapshot() for participant in self.participants.values()],
            "counts": self.counts(),
        }

    def counts(self) -> dict[str, int]:
        """How much there is, without looking at any of it."""
        return {
            "participants": len(self.participants),
            "transports": len(self.transports),
            "producers": len(self.producers),
            "consumers": len(self.consumers),
            "data_producers": len(self.data.producers),
            "data_consumers": len(self.data.consumers),
        }


class Registry:
    """The rooms that are live on this node, by meeting id."""

    def __init__(self, limits: LimitSettings) -> None:
        self._limits = limits
        self._rooms: dict[str, Room] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def get(self, meeting_id: str) -> Room | None:
        return self._rooms.get(meeting_id)

    def occupied(self) -> list[str]:
        """The meetings that somebody is in."""
        return [room.id for room in self._rooms.values() if room.participants and not room.closed]

    async def settled(self, meeting_id: str) -> Room | None:
        """The meeting's room. One that is ending is waited for: whoever was in it has heard of that by then."""
        while (room := self._rooms.get(meeting_id)) is not None and room.closed:
            await room.over.wait()
        return room

    async def arrive(self, meeting: Meeting) -> Room:
        """Hold a place in the meeting's room, made if need be. Waits for an earlier room of it to be over.

        Raises CAPACITY_EXCEEDED when the room is full or this node holds as many rooms as it may.
        """
        room = await self.settled(meeting.id)
        if room is None:
            if len(self._rooms) >= self._limits.max_rooms:
                raise SignalingError(ErrorCode.CAPACITY_EXCEEDED, "This server holds as many meetings as it can.")
            capacity = min(meeting.max_participants or self._limits.max_participants, self._limits.max_participants)
            room = self._rooms[meeting.id] = Room(meeting, capacity=capacity)
        room.reserve()
        return room

    def forget(self, room: Room) -> None:
        """The room is over: newcomers make another."""
        if self._rooms.get(room.id) is room:
            del self._rooms[room.id]
        room.end()

    def snapshot(self) -> list[dict[str, Any]]:
        return [room.snapshot() for room in self._rooms.values() if not room.closed]

    def counts(self) -> list[dict[str, int]]:
        """Of each room: to be asked often."""
        return [room.counts() for room in self._rooms.values() if not room.closed]

    def snapshot_of(self, meeting_id: str) -> dict[str, Any] | None:
        room = self._rooms.get(meeting_id)
        return None if room is None or room.closed else room.snapshot()

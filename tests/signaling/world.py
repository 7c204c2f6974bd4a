"""What signaling stands on, in memory: an SFU that keeps its tables and its promises, and a record that can fail.

The modelled SFU refuses what the real one refuses: ids it does not know, what belongs to another room, what is closed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import uuid4

from persistence.errors import JournalFailedError, MeetingExistsError
from persistence.events import (
    ChatMessageDeleted,
    ChatMessageEdited,
    ChatMessageSent,
    Event,
    MeetingCreated,
    MeetingEnded,
    MeetingStarted,
    ParticipantBlocked,
    ParticipantUnblocked,
    Payload,
    PollClosed,
    PollCreated,
    PollVoted,
)
from persistence.repositories.chats import ChatMessage
from persistence.repositories.meetings import Meeting, NewMeeting
from persistence.repositories.polls import Poll, PollResponse
from persistence.schedule import Schedule
from persistence.tables import MeetingStatus
from sfu import commands as c
from sfu.commands import Command, Direction, MediaError, Ortc, Reply
from sfu.events import WorkerDied, WorkerEvent
from sfu.figures import Inbound, Outbound, TransportFigures
from sfu.ports import EventSink

R = TypeVar("R", bound=Reply)
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
CAPABILITIES: Ortc = {"codecs": [{"kind": "audio", "mimeType": "audio/opus"}], "headerExtensions": []}
GARBAGE = "garbage"


def nothing_measured(transport_id: str, direction: Direction) -> TransportFigures:
    """Of a transport that has just connected."""
    return TransportFigures(
        transport_id=transport_id,
        direction=direction,
        state="connected",
        packets_in=0,
        bytes_in=0,
        packets_out=0,
        bytes_out=0,
        drops={},
        estimate=None,
        inbound=Inbound(0, 0, 0, 0, 0, 0, 0.0, 0),
        outbound=Outbound(0, 0, 0, 0, 0, 0, 0, 0.0, 0, None),
        producers=[],
        consumers=[],
    )


@dataclass
class ModelledRoom:
    transports: dict[str, str] = field(default_factory=dict)
    producers: dict[str, str] = field(default_factory=dict)
    consumers: dict[str, tuple[str, str]] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    data_producers: dict[str, str] = field(default_factory=dict)
    data_consumers: dict[str, tuple[str, str]] = field(default_factory=dict)

    def close_producer(self, producer_id: str) -> None:
        self.producers.pop(producer_id, None)
        for consumer_id, (_, source) in list(self.consumers.items()):
            if source == producer_id:
                del self.consumers[consumer_id]

    def close_transport(self, transport_id: str) -> None:
        self.transports.pop(transport_id, None)
        for producer_id, on in list(self.producers.items()):
            if on == transport_id:
                self.close_producer(producer_id)
        for consumer_id, (on, _) in list(self.consumers.items()):
            if on == transport_id:
                del self.consumers[consumer_id]
        for data_id in [data_id for data_id, on in self.data_producers.items() if on == transport_id]:
            self.close_data_producer(data_id)
        self.data_consumers = {c: ends for c, ends in self.data_consumers.items() if ends[0] != transport_id}

    def close_data_producer(self, data_id: str) -> None:
        self.data_producers.pop(data_id, None)
        self.data_consumers = {c: ends for c, ends in self.data_consumers.items() if ends[1] != data_id}


class ModelledRooms:
    """`sfu.ports.Rooms` with tables instead of packets."""

    def __init__(self) -> None:
        self.rooms: dict[str, ModelledRoom] = {}
        self.asked: list[Command[Any]] = []
        self.before: Callable[[Command[Any]], Any] | None = None
        self.after: Callable[[Command[Any]], Any] | None = None
        self.placeable = True
        self.figures: dict[str, TransportFigures] = {}
        self._sinks: list[EventSink] = []

    @property
    def router_rtp_capabilities(self) -> Ortc:
        return CAPABILITIES

    async def open_room(self, room_id: str) -> None:
        if self.before is not None:
            await self.before(c.OpenRoom(room_id))
        if not self.placeable:
            raise MediaError("UNAVAILABLE", "no worker")
        assert room_id not in self.rooms, "a room is opened once"
        self.rooms[room_id] = ModelledRoom()
        if self.after is not None:
            await self.after(c.OpenRoom(room_id))

    async def close_room(self, room_id: str) -> None:
        self.rooms.pop(room_id, None)

    def subscribe(self, sink: EventSink) -> None:
        self._sinks.append(sink)

    def happen(self, event: WorkerEvent) -> None:
        for sink in self._sinks:
            sink(event)

    def die(self, *room_ids: str) -> None:
        """The worker of these rooms is gone with all that they held there."""
        for room_id in room_ids:
            self.rooms.pop(room_id, None)
        self.happen(WorkerDied(list(room_ids), exit_code=-9, worker=0, reason="exited", lived_s=12.0, silent_s=0.1))

    async def ask(self, command: Command[R]) -> R:
        self.asked.append(command)
        if self.before is not None:
            await self.before(command)
        room = self.rooms.get(command.room_id)
        if room is None:
            raise MediaError("NOT_FOUND", "no such room")
        reply = cast("R", getattr(self, f"_{type(command).__name__}")(room, command))
        if self.after is not None:
            await self.after(command)
        return reply

    def _CreateTransport(self, room: ModelledRoom, command: c.CreateTransport) -> c.TransportCreated:  # noqa: N802
        room.transports[command.transport_id] = command.direction
        return c.TransportCreated(
            ice_parameters={"usernameFragment": "u", "password": "secret-ice-password", "iceLite": True},
            ice_candidates=[{"ip": "127.0.0.1", "port": 7882}],
            dtls_parameters={"role": "auto", "fingerprints": []},
            sctp_parameters={"port": 5000} if command.sctp else None,
        )

    def _MeasureTransport(self, room: ModelledRoom, command: c.MeasureTransport) -> c.TransportMeasured:  # noqa: N802
        _known(room.transports, command.transport_id)
        direction: Any = room.transports[command.transport_id]
        return c.TransportMeasured(
            self.figures.get(command.transport_id) or nothing_measured(command.transport_id, direction)
        )

    def _ConnectTransport(self, room: ModelledRoom, command: c.ConnectTransport) -> c.Done:  # noqa: N802
        _known(room.transports, command.transport_id)
        if GARBAGE in command.dtls_parameters:
            raise MediaError("VALIDATION", "dtlsParameters: no fingerprint")
        return c.Done()

    def _RestartIce(self, room: ModelledRoom, command: c.RestartIce) -> c.IceRestarted:  # noqa: N802
        _known(room.transports, command.transport_id)
        return c.IceRestarted(ice_parameters={"usernameFragment": "v", "password": "other"})

    def _CloseTransport(self, room: ModelledRoom, command: c.CloseTransport) -> c.Done:  # noqa: N802
        _known(room.transports, command.transport_id)
        room.close_transport(command.transport_id)
        return c.Done()

    def _Produce(self, room: ModelledRoom, command: c.Produce) -> c.Produced:  # noqa: N802
        _known(room.transports, command.transport_id)
        room.producers[command.producer_id] = command.transport_id
        return c.Produced(type="simple")

    def _PauseProducer(self, room: ModelledRoom, command: c.PauseProducer) -> c.Done:  # noqa: N802
        _known(room.producers, command.producer_id)
        room.paused.add(command.producer_id)
        return c.Done()

    def _ResumeProducer(self, room: ModelledRoom, command: c.ResumeProducer) -> c.Done:  # noqa: N802
        _known(room.producers, command.producer_id)
        room.paused.discard(command.producer_id)
        return c.Done()

    def _CloseProducer(self, room: ModelledRoom, command: c.CloseProducer) -> c.Done:  # noqa: N802
        _known(room.producers, command.producer_id)
        room.close_producer(command.producer_id)
        return c.Done()

    def _Consume(self, room: ModelledRoom, command: c.Consume) -> c.Consumed:  # noqa: N802
        _known(room.transports, command.transport_id)
        _known(room.producers, command.producer_id)
        room.consumers[command.consumer_id] = (command.transport_id, command.producer_id)
        paused = command.producer_id in room.paused
        return c.Consumed(kind="audio", type="simple", rtp_parameters={"mid": "0"}, producer_paused=paused)

    def _consumer(self, room: ModelledRoom, command: Any) -> c.Done:
        _known(room.consumers, command.consumer_id)
        return c.Done()

    def _SetProducerPriority(self, room: ModelledRoom, command: c.SetProducerPriority) -> c.Done:  # noqa: N802
        _known(room.producers, command.producer_id)
        return c.Done()

    _PauseConsumer = _ResumeConsumer = _RequestKeyframe = _SetConsumerSize = _SetConsumerPriority = _consumer

    def _CloseConsumer(self, room: ModelledRoom, command: c.CloseConsumer) -> c.Done:  # noqa: N802
        _known(room.consumers, command.consumer_id)
        del room.consumers[command.consumer_id]
        return c.Done()

    def _ProduceData(self, room: ModelledRoom, command: c.ProduceData) -> c.Done:  # noqa: N802
        _known(room.transports, command.transport_id)
        if GARBAGE in command.sctp_stream_parameters:
            raise MediaError("VALIDATION", "streamId: required")
        room.data_producers[command.data_producer_id] = command.transport_id
        return c.Done()

    def _ConsumeData(self, room: ModelledRoom, command: c.ConsumeData) -> c.DataConsumed:  # noqa: N802
        _known(room.transports, command.transport_id)
        _known(room.data_producers, command.data_producer_id)
        room.data_consumers[command.data_consumer_id] = (command.transport_id, command.data_producer_id)
        return c.DataConsumed({"streamId": 3, "ordered": True}, "chat", "json")

    def _CloseDataProducer(self, room: ModelledRoom, command: c.CloseDataProducer) -> c.Done:  # noqa: N802
        _known(room.data_producers, command.data_producer_id)
        room.close_data_producer(command.data_producer_id)
        return c.Done()

    def _CloseDataConsumer(self, room: ModelledRoom, command: c.CloseDataConsumer) -> c.Done:  # noqa: N802
        _known(room.data_consumers, command.data_consumer_id)
        del room.data_consumers[command.data_consumer_id]
        return c.Done()

    def _SetConsumerLayers(self, room: ModelledRoom, command: c.SetConsumerLayers) -> c.LayersSet:  # noqa: N802
        _known(room.consumers, command.consumer_id)
        return c.LayersSet(min(command.spatial_layer, 2), command.temporal_layer or 0)


def _known(table: dict[str, Any], key: str) -> None:
    if key not in table:
        raise MediaError("NOT_FOUND", "no such thing")


class MemoryRecord:
    """Facts as (type, actor, payload). `failing` is asked before each fact is taken."""

    def __init__(self) -> None:
        self.facts: list[tuple[str, str, str | None, Payload]] = []
        self.failing: Callable[[Payload], bool] = lambda _: False
        self.before: Callable[[], Any] | None = None

    async def emit(
        self, meeting_id: str, *facts: Payload | tuple[Payload, str | None], participant_id: str | None = None
    ) -> None:
        if self.before is not None:
            await self.before()
        taken = []
        for fact in facts:
            payload, actor = fact if isinstance(fact, tuple) else (fact, participant_id)
            assert actor is not None or not payload.personal
            if self.failing(payload):
                raise JournalFailedError("the disk refused")
            taken.append((meeting_id, payload.type, actor, payload))
        self.facts += taken

    def types(self, meeting_id: str) -> list[str]:
        return [kind for meeting, kind, _, _ in self.facts if meeting == meeting_id]


class MemoryMeetings:
    def __init__(self, record: MemoryRecord) -> None:
        self._record = record
        self.rows: dict[str, Meeting] = {}

    async def create(self, new: NewMeeting) -> Meeting:
        meeting_id = new.id or f"meeting-{len(self.rows)}"
        if meeting_id in self.rows:
            raise MeetingExistsError("there is a meeting with this id")
        self.rows[meeting_id] = Meeting(
            **new.model_dump(exclude={"id"}),
            id=meeting_id,
            status=MeetingStatus.SCHEDULED,
            created_at=NOON,
            updated_at=NOON,
            actual_start_time=None,
            actual_end_time=None,
            current_participants_count=0,
            revision=1,
        )
        await self._record.emit(meeting_id, MeetingCreated(title=new.title, creator_id=new.creator_id))
        return self.rows[meeting_id]

    async def get(self, meeting_id: str) -> Meeting | None:
        row = self.rows.get(meeting_id)
        if row is None or MeetingEnded.type not in self._record.types(meeting_id):
            return row
        return row.model_copy(update={"actual_end_time": NOON})

    async def find(self, meeting_id: str) -> Meeting | None:
        return self.rows.get(meeting_id)

    async def schedules(self, meeting_ids: Sequence[str]) -> list[Schedule]:
        rows = [self.rows[meeting_id] for meeting_id in meeting_ids if meeting_id in self.rows]
        return [Schedule(row.id, row.scheduled_start_time, row.scheduled_end_time) for row in rows]


class MemoryBlocks:
    """As the projection would have it: the latest decision counts."""

    def __init__(self, record: MemoryRecord) -> None:
        self._record = record

    async def of(self, meeting_id: str) -> dict[str, str]:
        blocked: dict[str, str] = {}
        for meeting, _, _, fact in self._record.facts:
            if meeting == meeting_id and isinstance(fact, ParticipantBlocked):
                blocked[fact.user_id] = fact.display_name
            if meeting == meeting_id and isinstance(fact, ParticipantUnblocked):
                blocked.pop(fact.user_id, None)
        return blocked


class MemoryChats:
    """As the projection would have it."""

    def __init__(self, record: MemoryRecord) -> None:
        self._record = record

    def _messages(self, meeting_id: str) -> list[ChatMessage]:
        found: dict[str, ChatMessage] = {}
        for meeting, _, actor, fact in self._record.facts:
            if meeting != meeting_id:
                continue
            if isinstance(fact, ChatMessageSent):
                found[fact.message_id] = ChatMessage(
                    **fact.model_dump(exclude={"message_type"}),
                    type=fact.message_type,
                    number=fact.revision,
                    participant_id=actor,
                    sent_at=NOON,
                )
            elif isinstance(fact, ChatMessageEdited):
                change = {"text": fact.text, "revision": fact.revision, "edited_at": NOON}
                found[fact.message_id] = found[fact.message_id].model_copy(update=change)
            elif isinstance(fact, ChatMessageDeleted):
                change = {"text": "", "file": None, "revision": fact.revision, "deleted": True}
                found[fact.message_id] = found[fact.message_id].model_copy(update=change)
        return list(found.values())

    async def latest(self, meeting_id: str, limit: int) -> tuple[list[ChatMessage], int]:
        messages = self._messages(meeting_id)
        return messages[-limit:], max((message.revision for message in messages), default=0)

    async def before(self, meeting_id: str, number: int, *, reader: str, limit: int) -> list[ChatMessage]:
        messages = [each for each in self._messages(meeting_id) if each.number < number and each.visible_to(reader)]
        return messages[-limit:]

    async def one(self, meeting_id: str, message_id: str) -> ChatMessage | None:
        return next((each for each in self._messages(meeting_id) if each.message_id == message_id), None)


class MemoryRuns:
    """As the log would have it."""

    def __init__(self, record: MemoryRecord) -> None:
        self._record = record

    async def unfinished(self) -> list[str]:
        going = {}
        for meeting, kind, _, _ in self._record.facts:
            if kind in {MeetingStarted.type, MeetingEnded.type}:
                going[meeting] = kind == MeetingStarted.type
        return [meeting for meeting, goes_on in going.items() if goes_on]

    async def last(self, meeting_id: str, types: Sequence[str]) -> AsyncIterator[Event]:
        facts = [(actor, fact) for meeting, _, actor, fact in self._record.facts if meeting == meeting_id]
        begun = [at for at, (_, fact) in enumerate(facts) if isinstance(fact, MeetingStarted)]
        for actor, fact in facts[begun[-1] :] if begun else []:
            if fact.type in {MeetingStarted.type, *types}:
                yield Event.of(fact, event_id=str(uuid4()), meeting_id=meeting_id, participant_id=actor, timestamp=NOON)


class MemoryPolls:
    """As the projection would have it."""

    def __init__(self, record: MemoryRecord) -> None:
        self._record = record

    async def of(self, meeting_id: str) -> list[tuple[Poll, list[PollResponse]]]:
        polls: dict[str, Poll] = {}
        responses: dict[str, dict[str, PollResponse]] = {}
        for meeting, _, actor, fact in self._record.facts:
            if meeting != meeting_id:
                continue
            if isinstance(fact, PollCreated):
                told = fact.model_dump(exclude={"poll_type"})
                polls[fact.poll_id] = Poll(
                    **told, type=fact.poll_type, participant_id=actor or "", opened_at=NOON, closed_at=None
                )
            elif isinstance(fact, PollVoted):
                response = PollResponse(**fact.model_dump(exclude={"poll_id"}))
                responses.setdefault(fact.poll_id, {})[fact.ballot] = response
            elif isinstance(fact, PollClosed):
                polls[fact.poll_id] = polls[fact.poll_id].model_copy(update={"closed_at": NOON})
        return [(poll, list(responses.get(poll.poll_id, {}).values())) for poll in polls.values()]


class MemoryStore:
    node = "node"

    def __init__(self) -> None:
        self.emitter = MemoryRecord()
        self.runs = MemoryRuns(self.emitter)
        self.blocks = MemoryBlocks(self.emitter)
        self.meetings = MemoryMeetings(self.emitter)
        self.chats = MemoryChats(self.emitter)
        self.polls = MemoryPolls(self.emitter)

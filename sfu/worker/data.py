"""Data producers and consumers, and what a transport carries for them: messages in on streams, out on others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from aiortc.rtcdtlstransport import RTCDtlsTransport

from sfu.commands import MediaError
from sfu.ortc.sctp import MAX_MESSAGE_BYTES, STREAM_LIMIT, SctpStreamParameters
from sfu.worker.outbox import Message, OutStream
from sfu.worker.outlet import Outlet
from sfu.worker.sctp import Received, SctpAssociation

DCEP, TEXT, BYTES, NO_TEXT, NO_BYTES = 50, 51, 53, 56, 57
"""Payload protocol identifiers (RFC 8831 section 8)."""
_EMPTY: Mapping[int, bytes] = MappingProxyType({NO_TEXT: b"\0", NO_BYTES: b"\0"})
"""SCTP carries no empty message; one byte that means nothing stands for it."""


class Inlet(Protocol):
    """Where the messages of a data producer come in."""

    def note_lag(self) -> None:
        """Somebody who listens to it began to lag, or caught up."""

    def remove_producer(self, producer: DataProducer) -> None: ...


@dataclass(eq=False)
class DataProducer:
    """Messages coming in on one stream of one transport, which may be another worker's.

    `forward` takes them to other workers; `held` while one of those does not keep up.
    """

    handle: int
    id: str
    room_id: str
    streams: Inlet
    parameters: SctpStreamParameters
    label: str
    protocol: str
    consumers: dict[str, DataConsumer] = field(default_factory=dict)
    lagging: set[DataConsumer] = field(default_factory=set)
    """Consumers that have more waiting than they should; until they have caught up the sender is to pause."""
    forward: DataConsumer | None = None
    held: bool = False
    mirrored: bool = False
    messages: int = 0
    bytes: int = 0

    @property
    def should_pause(self) -> bool:
        return self.held or bool(self.lagging)

    def deliver(self, message: Message) -> int:
        """To how many it goes."""
        self.messages += 1
        self.bytes += len(message.data)
        listeners = [*self.consumers.values(), *([self.forward] if self.forward else [])]
        for listener in listeners:
            listener.streams.send(listener, message)
        return len(listeners)


@dataclass(eq=False)
class DataConsumer:
    """The same messages going out on a stream of another transport, or to another worker."""

    handle: int
    id: str
    room_id: str
    producer: DataProducer
    streams: Outlet
    out: OutStream
    messages: int = 0
    bytes: int = 0
    overdue: asyncio.TimerHandle | None = None
    """Closes it unless it has caught up by then."""


Ended = Callable[[DataProducer | DataConsumer, str], None]


class DataStreams(Outlet):
    """The data of one transport. The association is made when its peer first sends something, and never again.

    `ended` is called for what closes by itself, with the reason: too_large, slow, association.
    """

    def __init__(self, ended: Ended, drops: Counter[str]) -> None:
        super().__init__(drops)
        self._ended = ended
        self._association: SctpAssociation | None = None
        self._next_stream = 0
        self.over = False
        self.producers: dict[int, DataProducer] = {}
        self.consumers: dict[int, DataConsumer] = {}

    def carry(self, carrier: RTCDtlsTransport) -> SctpAssociation:
        """Called when the first data comes."""
        self._association = SctpAssociation(
            carrier, self._outbox, received=self._received, ended=self._association_ended, drops=self._drops
        )
        return self._association

    def add_producer(self, producer: DataProducer) -> None:
        """Raises CONFLICT when the stream is taken, WEBRTC_TRANSPORT_ERROR when the association is over."""
        self._check_open()
        stream_id = producer.parameters.stream_id
        if stream_id in self.producers:
            raise MediaError("CONFLICT", "The stream is in use.")
        self.producers[stream_id] = producer
        self._reopen(stream_id)

    def open_consumer(self, parameters: SctpStreamParameters) -> OutStream:
        """A stream as reliable as the producer's. Raises CAPACITY_EXCEEDED, WEBRTC_TRANSPORT_ERROR."""
        self._check_open()
        return self._outbox.open(parameters.on(self._free_stream()))

    def add_consumer(self, consumer: DataConsumer) -> None:
        stream_id = consumer.out.parameters.stream_id
        self.consumers[stream_id] = consumer
        consumer.out.caught_up = lambda: self._caught_up(consumer)
        self._reopen(stream_id)

    def remove_producer(self, producer: DataProducer) -> None:
        """The peer's half stays open until it closes it: its messages go nowhere."""
        self.producers.pop(producer.parameters.stream_id, None)

    def remove_consumer(self, consumer: DataConsumer) -> None:
        super().remove_consumer(consumer)
        stream_id = consumer.out.parameters.stream_id
        self.consumers.pop(stream_id, None)
        if self._association is not None:
            self._association.closed(stream_id)

    def note_lag(self) -> None:
        """Somebody who listens to us began to lag, or caught up."""
        if self._association is None:
            return
        if any(producer.should_pause for producer in self.producers.values()):
            self._association.pause()
        else:
            self._association.resume()

    def _closed_there(self, consumer: DataConsumer) -> bool:
        stream_id = consumer.out.parameters.stream_id
        return self._association is not None and self._association.closed_there(stream_id)

    def _slow(self, consumer: DataConsumer) -> None:
        self._ended(consumer, "slow")

    def _go_on(self) -> None:
        if self._association is not None:
            self._association.go_on()

    def _check_open(self) -> None:
        if self.over:
            raise MediaError("WEBRTC_TRANSPORT_ERROR", "The data of this transport has failed.")

    def _reopen(self, stream_id: int) -> None:
        if self._association is not None:
            self._association.opened(stream_id)

    def _free_stream(self) -> int:
        """The next in turn, so that none is used again while its last end is still on its way."""
        for _ in range(STREAM_LIMIT):
            stream_id, self._next_stream = self._next_stream, (self._next_stream + 1) % STREAM_LIMIT
            if stream_id not in self.consumers:
                return stream_id
        raise MediaError("CAPACITY_EXCEEDED", "All streams of this transport are in use.")

    def _received(self, received: Received) -> int:
        """To how many consumers it goes."""
        producer = self.producers.get(received.stream_id)
        if received.message.ppid == DCEP:
            # Channels are agreed through signaling; one that is opened in band is never acknowledged.
            self._drops["data_opened_in_band"] += 1
            return 0
        if producer is None:
            self._drops["data_of_nobody"] += 1
            return 0
        message = self._checked(producer, received.message)
        if message is None:
            return 0
        return producer.deliver(message)

    def _checked(self, producer: DataProducer, message: Message) -> Message | None:
        if len(message.data) > MAX_MESSAGE_BYTES:
            self._drops["data_too_large"] += 1
            self._ended(producer, "too_large")
            return None
        if message.ppid in _EMPTY:
            return Message(message.ppid, _EMPTY[message.ppid])
        if message.ppid not in {TEXT, BYTES}:
            self._drops["data_of_no_kind"] += 1
            return None
        if message.ppid == TEXT and not _is_text(message.data):
            self._drops["data_not_text"] += 1
            return None
        return message

    def _association_ended(self, _reason: str) -> None:
        """The media of the transport goes on; its data is over."""
        self.over = True
        for consumer in list(self.consumers.values()):
            self._ended(consumer, "association")
        for producer in list(self.producers.values()):
            self._ended(producer, "association")


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True

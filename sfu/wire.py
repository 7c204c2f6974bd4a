"""Frames on the socket between server and worker: four bytes of length, then one MessagePack envelope. No IO.

A peer that sends garbage or too long a frame has lost the thread; WireError says so and the link is closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from sfu.commands import (
    AddPipe,
    CloseConsumer,
    CloseDataConsumer,
    CloseDataProducer,
    CloseProducer,
    CloseRoom,
    CloseTransport,
    ConnectTransport,
    Consume,
    Consumed,
    ConsumeData,
    CreateTransport,
    DataConsumed,
    DataForwarded,
    Done,
    ForwardData,
    GetStatistics,
    HoldData,
    IceRestarted,
    LayersSet,
    MeasureTransport,
    MirrorData,
    OpenRoom,
    PauseConsumer,
    PauseProducer,
    PipedOut,
    PipeIn,
    PipeOut,
    Produce,
    Produced,
    ProduceData,
    RemovePipe,
    RequestKeyframe,
    RestartIce,
    ResumeConsumer,
    ResumeProducer,
    SetConsumerLayers,
    SetConsumerPriority,
    SetConsumerSize,
    SetPipeWanted,
    SetProducerPriority,
    SettleData,
    Statistics,
    StopForwardData,
    StopPipeOut,
    TakeData,
    TransportCreated,
    TransportMeasured,
)
from sfu.events import (
    AudioLevels,
    ConsumerLayersChanged,
    DataConsumerClosed,
    DataLagging,
    DataPassedOn,
    DataProducerClosed,
    ProducerLayersWanted,
    TransportReported,
    TransportStateChanged,
    WorkerLoad,
    WorkerReady,
)

FRAME_LIMIT = 4 * 1024 * 1024
LENGTH_BYTES = 4

AnyCommand = (
    OpenRoom
    | CloseRoom
    | CreateTransport
    | ConnectTransport
    | RestartIce
    | CloseTransport
    | Produce
    | PauseProducer
    | ResumeProducer
    | CloseProducer
    | Consume
    | PauseConsumer
    | ResumeConsumer
    | CloseConsumer
    | ProduceData
    | CloseDataProducer
    | ConsumeData
    | CloseDataConsumer
    | ForwardData
    | StopForwardData
    | HoldData
    | SettleData
    | MirrorData
    | TakeData
    | RequestKeyframe
    | SetConsumerLayers
    | SetConsumerSize
    | SetConsumerPriority
    | SetProducerPriority
    | AddPipe
    | RemovePipe
    | PipeOut
    | PipeIn
    | SetPipeWanted
    | StopPipeOut
    | GetStatistics
    | MeasureTransport
)
AnyReply = (
    Done
    | TransportCreated
    | IceRestarted
    | Produced
    | Consumed
    | DataConsumed
    | DataForwarded
    | LayersSet
    | Statistics
    | PipedOut
    | TransportMeasured
)
AnyEvent = (
    WorkerReady
    | TransportStateChanged
    | ConsumerLayersChanged
    | DataProducerClosed
    | DataConsumerClosed
    | DataPassedOn
    | DataLagging
    | ProducerLayersWanted
    | TransportReported
    | WorkerLoad
    | AudioLevels
)


class WireError(Exception):
    """What arrived is not a frame of ours."""


class Envelope(msgspec.Struct, frozen=True, tag_field="is"):
    """What one frame holds."""


class CommandEnvelope(Envelope, frozen=True, tag="command"):
    id: int
    command: AnyCommand


class ReplyEnvelope(Envelope, frozen=True, tag="reply"):
    id: int
    reply: AnyReply


class RefusalEnvelope(Envelope, frozen=True, tag="refusal"):
    """The command was refused: a MediaError's code and message."""

    id: int
    code: str
    message: str


class EventEnvelope(Envelope, frozen=True, tag="event"):
    event: AnyEvent


AnyEnvelope = CommandEnvelope | ReplyEnvelope | RefusalEnvelope | EventEnvelope

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(AnyEnvelope)


def encode(envelope: Envelope) -> bytes:
    """The whole frame. Raises WireError when it would be longer than the other end accepts."""
    body = _encoder.encode(envelope)
    if len(body) > FRAME_LIMIT:
        raise WireError(f"frame of {len(body)} bytes")
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def decode(body: bytes) -> AnyEnvelope:
    """One frame without its length. Raises WireError."""
    try:
        envelope: AnyEnvelope = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(str(error)) from None
    return envelope


class FrameBuffer:
    """Cuts a stream into frames; holds at most one unfinished frame."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[AnyEnvelope]:
        """Every envelope completed by `data`, in order. Raises WireError; the buffer is of no use afterwards."""
        self._pending += data
        start = 0
        while len(self._pending) - start >= LENGTH_BYTES:
            length = int.from_bytes(self._pending[start : start + LENGTH_BYTES], "big")
            if length > FRAME_LIMIT:
                raise WireError(f"frame of {length} bytes announced")
            end = start + LENGTH_BYTES + length
            if len(self._pending) < end:
                break
            yield decode(bytes(self._pending[start + LENGTH_BYTES : end]))
            start = end
        del self._pending[:start]

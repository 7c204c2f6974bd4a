"""Every command the server may ask of a media worker, and what each is answered.

Commands go down and are answered exactly once; events (events.py) come up and are not. Ids are made by the server.
ORTC objects (`rtp_parameters`, `dtls_parameters`, ...) are the plain JSON shapes of mediasoup-client.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, Literal, TypeVar

import msgspec

from sfu.figures import TransportFigures

Ortc = dict[str, Any]
Kind = Literal["audio", "video"]
Direction = Literal["send", "recv"]
Content = Literal["camera", "screen"]
ConsumerType = Literal["simple", "simulcast", "svc"]


class Reply(msgspec.Struct, frozen=True, tag_field="reply", tag=True):
    """What a command is answered."""


class Done(Reply, frozen=True, tag="done"):
    """The command was carried out; there is nothing more to say."""


class TransportCreated(Reply, frozen=True, tag="transport_created"):
    ice_parameters: Ortc
    ice_candidates: list[Ortc]
    dtls_parameters: Ortc
    sctp_parameters: Ortc | None = None


class IceRestarted(Reply, frozen=True, tag="ice_restarted"):
    ice_parameters: Ortc


class Produced(Reply, frozen=True, tag="produced"):
    type: ConsumerType


class Consumed(Reply, frozen=True, tag="consumed"):
    kind: Kind
    type: ConsumerType
    rtp_parameters: Ortc
    producer_paused: bool


class DataForwarded(Reply, frozen=True, tag="data_forwarded"):
    """What a mirror of it has to know."""

    sctp_stream_parameters: Ortc
    label: str
    protocol: str


class DataConsumed(Reply, frozen=True, tag="data_consumed"):
    """The stream the messages go out on, as reliable as the one they come in on."""

    sctp_stream_parameters: Ortc
    label: str
    protocol: str


class LayersSet(Reply, frozen=True, tag="layers_set"):
    """The layers as clamped to what the producer has."""

    spatial_layer: int
    temporal_layer: int


class Statistics(Reply, frozen=True, tag="statistics"):
    """Per room: `{room_id: {transports: [...], producers: [...], consumers: [...], pipe_consumers: [...]}}`.

    `drops` counts by reason.
    """

    rooms: dict[str, dict[str, list[dict[str, Any]]]]
    drops: dict[str, int]
    load: dict[str, float]


class PipedOut(Reply, frozen=True, tag="piped_out"):
    """What the other worker must know of a producer to take it in: `media` is an ortc.ProducerMedia."""

    media: Ortc
    cname: str
    ssrcs: list[int]
    paused: bool
    content: Content
    priority: int


class TransportMeasured(Reply, frozen=True, tag="transport_measured"):
    figures: TransportFigures


R_co = TypeVar("R_co", bound=Reply, covariant=True)


class Command(msgspec.Struct, Generic[R_co], frozen=True, tag_field="command", tag=True):
    """Asked of a worker; `room_id` names the room it concerns."""

    room_id: str
    reply: ClassVar[type[Reply]] = Done


class OpenRoom(Command[Done], frozen=True, tag="open_room"):
    pass


class CloseRoom(Command[Done], frozen=True, tag="close_room"):
    """Closes everything inside; a room that is not open is not an error."""


class CreateTransport(Command[TransportCreated], frozen=True, tag="create_transport"):
    reply = TransportCreated
    transport_id: str
    direction: Direction
    sctp: bool = False
    participant_id: str = ""
    """Transports of one participant are on one worker; those of nobody are on the room's home."""


class ConnectTransport(Command[Done], frozen=True, tag="connect_transport"):
    """Answered when the parameters are taken, before the handshake ends; the outcome is a TransportStateChanged."""

    transport_id: str
    dtls_parameters: Ortc


class RestartIce(Command[IceRestarted], frozen=True, tag="restart_ice"):
    reply = IceRestarted
    transport_id: str


class CloseTransport(Command[Done], frozen=True, tag="close_transport"):
    """Closes its producers, their consumers on other transports, and its own consumers."""

    transport_id: str


class Produce(Command[Produced], frozen=True, tag="produce"):
    """`content` says what a video gives up first when bandwidth is short: a camera sharpness, a screen motion."""

    reply = Produced
    transport_id: str
    producer_id: str
    kind: Kind
    rtp_parameters: Ortc
    paused: bool = False
    content: Content = "camera"


class PauseProducer(Command[Done], frozen=True, tag="pause_producer"):
    producer_id: str


class ResumeProducer(Command[Done], frozen=True, tag="resume_producer"):
    producer_id: str


class CloseProducer(Command[Done], frozen=True, tag="close_producer"):
    """Closes the consumers of it too; the server knows which from its own tables."""

    producer_id: str


class Consume(Command[Consumed], frozen=True, tag="consume"):
    """A consumer starts paused."""

    reply = Consumed
    transport_id: str
    consumer_id: str
    producer_id: str
    rtp_capabilities: Ortc
    spatial_layer: int | None = None
    temporal_layer: int | None = None


class ProduceData(Command[Done], frozen=True, tag="produce_data"):
    """Messages that come in on one stream of a transport made with `sctp`."""

    transport_id: str
    data_producer_id: str
    sctp_stream_parameters: Ortc
    label: str = ""
    protocol: str = ""


class CloseDataProducer(Command[Done], frozen=True, tag="close_data_producer"):
    """Closes its consumers too; the server knows which from its own tables."""

    data_producer_id: str


class ConsumeData(Command[DataConsumed], frozen=True, tag="consume_data"):
    reply = DataConsumed
    transport_id: str
    data_consumer_id: str
    data_producer_id: str


class ForwardData(Command[DataForwarded], frozen=True, tag="forward_data"):
    """Pass each message on to the server from now on, for other workers of the room."""

    reply = DataForwarded
    data_producer_id: str


class StopForwardData(Command[Done], frozen=True, tag="stop_forward_data"):
    """One that is not passed on is not an error."""

    data_producer_id: str


class HoldData(Command[Done], frozen=True, tag="hold_data"):
    """Another worker does not keep up with it, or does again."""

    data_producer_id: str
    held: bool


class SettleData(Command[Done], frozen=True, tag="settle_data"):
    """The oldest message that was passed on has been dealt with; `room_id` is ""."""


class MirrorData(Command[Done], frozen=True, tag="mirror_data"):
    """Stand for a data producer of another worker; its messages come by TakeData."""

    data_producer_id: str
    sctp_stream_parameters: Ortc
    label: str
    protocol: str


class TakeData(Command[Done], frozen=True, tag="take_data"):
    """A message for the consumers here of a mirrored data producer."""

    data_producer_id: str
    ppid: int
    data: bytes


class CloseDataConsumer(Command[Done], frozen=True, tag="close_data_consumer"):
    data_consumer_id: str


class PauseConsumer(Command[Done], frozen=True, tag="pause_consumer"):
    consumer_id: str


class ResumeConsumer(Command[Done], frozen=True, tag="resume_consumer"):
    consumer_id: str


class CloseConsumer(Command[Done], frozen=True, tag="close_consumer"):
    consumer_id: str


class RequestKeyframe(Command[Done], frozen=True, tag="request_keyframe"):
    consumer_id: str


class SetConsumerLayers(Command[LayersSet], frozen=True, tag="set_consumer_layers"):
    reply = LayersSet
    consumer_id: str
    spatial_layer: int
    temporal_layer: int | None = None


class SetConsumerSize(Command[Done], frozen=True, tag="set_consumer_size"):
    """How large the picture is shown, in device pixels: no layer larger than that can use is sent."""

    consumer_id: str
    width: int
    height: int


class SetConsumerPriority(Command[Done], frozen=True, tag="set_consumer_priority"):
    """1 to 255: who is served first when the path to this receiver is too narrow for all; 100 unless set."""

    consumer_id: str
    priority: int


class SetProducerPriority(Command[Done], frozen=True, tag="set_producer_priority"):
    """0 to 255, added to the priority of each of its consumers: 0 unless set, more for whoever speaks."""

    producer_id: str
    priority: int


class AddPipe(Command[Done], frozen=True, tag="add_pipe"):
    """The way to another worker's data plane, at UDP port `port` of this host; `room_id` is ""."""

    pipe_id: str
    port: int
    rx: bytes
    tx: bytes


class RemovePipe(Command[Done], frozen=True, tag="remove_pipe"):
    """With all that comes and goes over it; a pipe that is not there is not an error."""

    pipe_id: str


class PipeOut(Command[PipedOut], frozen=True, tag="pipe_out"):
    """Offer a producer on a pipe. Nothing flows before `SetPipeWanted`."""

    reply = PipedOut
    pipe_id: str
    producer_id: str


class PipeIn(Command[Done], frozen=True, tag="pipe_in"):
    """Take in what the other worker's PipeOut was answered; from here on it is a producer of the room."""

    pipe_id: str
    producer_id: str
    media: Ortc
    cname: str
    ssrcs: list[int]
    paused: bool
    content: Content
    priority: int


class SetPipeWanted(Command[Done], frozen=True, tag="set_pipe_wanted"):
    """Which spatial layers of an offered producer flow, lowest first; those beyond the list do not."""

    pipe_id: str
    producer_id: str
    wanted: list[bool]


class StopPipeOut(Command[Done], frozen=True, tag="stop_pipe_out"):
    """Withdraw the offer; one that is not there is not an error."""

    pipe_id: str
    producer_id: str


class GetStatistics(Command[Statistics], frozen=True, tag="get_statistics"):
    """`room_id` "" asks for all rooms."""

    reply = Statistics


class MeasureTransport(Command[TransportMeasured], frozen=True, tag="measure_transport"):
    reply = TransportMeasured
    transport_id: str


class MediaError(Exception):
    """A worker refused a command.

    `code` is one of the protocol's error codes: NOT_FOUND, VALIDATION, CONFLICT, CAPACITY_EXCEEDED, UNAVAILABLE (the
    worker is gone or silent) or WEBRTC_TRANSPORT_ERROR.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

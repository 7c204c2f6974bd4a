"""Messages about media: producers, consumers, and what is switched on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from signaling.messages.model import (
    Id,
    Kind,
    Pixels,
    Priority,
    Request,
    RtpCapabilities,
    RtpParameters,
    Source,
    SpatialLayer,
    TemporalLayer,
    Told,
)


class ProducerView(Told):
    """An open producer: an entry of `producers[]`, and `producer:added`."""

    producer_id: str
    participant_id: str
    kind: Kind
    source: Source
    paused: bool


class Produce(Request):
    transport_id: Id
    kind: Kind
    rtp_parameters: RtpParameters = Field(alias="rtpParameters")
    source: Source
    paused: bool = False


class ProducerCreated(Told):
    id: str


class ProducerRequest(Request):
    producer_id: Id


class ProducerPause(ProducerRequest):
    pass


class ProducerResume(ProducerRequest):
    pass


class ProducerClose(ProducerRequest):
    pass


class ProducerNamed(Told):
    """The producer a reply or a notification is about."""

    producer_id: str


class PreferredLayers(Request):
    spatial_layer: SpatialLayer
    temporal_layer: TemporalLayer | None = None


class Consume(Request):
    transport_id: Id
    producer_id: Id
    rtp_capabilities: RtpCapabilities = Field(alias="rtpCapabilities")
    preferred_layers: PreferredLayers | None = None


class ConsumerCreated(Told):
    """`paused` is always true: the client resumes it once its side is ready."""

    id: str
    producer_id: str
    participant_id: str
    kind: Kind
    source: Source
    rtp_parameters: RtpParameters = Field(alias="rtpParameters")
    type: Literal["simple", "simulcast", "svc"]
    paused: Literal[True]
    producer_paused: bool


class ConsumerRequest(Request):
    consumer_id: Id


class ConsumerPause(ConsumerRequest):
    pass


class ConsumerResume(ConsumerRequest):
    pass


class ConsumerClose(ConsumerRequest):
    pass


class ConsumerKeyframe(ConsumerRequest):
    pass


class ConsumerNamed(Told):
    """The consumer a reply or a notification is about."""

    consumer_id: str


class ConsumerLayers(ConsumerRequest):
    spatial_layer: SpatialLayer
    temporal_layer: TemporalLayer | None = None


class ConsumerLayersSet(Told):
    """The layers as clamped to what the producer has."""

    consumer_id: str
    spatial_layer: int
    temporal_layer: int


class ConsumerSize(ConsumerRequest):
    """How large the picture is shown, in device pixels."""

    width: Pixels
    height: Pixels


class ConsumerSizeSet(Told):
    consumer_id: str
    width: int
    height: int


class ConsumerPriority(ConsumerRequest):
    """Who is served first when there is too little bandwidth for all one receives; 100 unless asked for."""

    priority: Priority


class ConsumerPrioritySet(Told):
    consumer_id: str
    priority: int


class ProducerLayersWanted(Told):
    """To the producer's owner: which spatial layers anybody wants, lowest first. The others need not be sent."""

    producer_id: str
    spatial_layers: tuple[bool, ...]


class ConsumerLayersChanged(Told):
    """The layers now forwarded, -1 when none flows. `reason`: requested, available, unavailable, bandwidth."""

    consumer_id: str
    spatial_layer: int
    temporal_layer: int
    reason: str


class MediaReset(Told):
    """The worker of the room died: all transports, producers and consumers are gone, everything else is as it was.

    Told to everyone who was there. Make transports again (the server waits with its answer until it can), produce again
    what was produced, with `paused` as it was, and consume what `producer:added` tells.
    """

    reason: Literal["worker_died"]


class SpeakerChanged(Told):
    """Who has the floor now; nobody when `participant_id` is absent."""

    participant_id: str | None = None


class MediaToggle(Request):
    kind: Kind
    enabled: bool


class MediaUpdated(Told):
    participant_id: str
    kind: Kind
    enabled: bool


class ScreenStart(Request):
    pass


class ScreenStop(Request):
    pass


class ScreenShare(Told):
    """Whose screen share started or stopped."""

    participant_id: str

"""Every event a media worker may tell the server. Events are not answered."""

from __future__ import annotations

from typing import Literal

import msgspec

from sfu.figures import TransportFigures


class WorkerEvent(msgspec.Struct, frozen=True, tag_field="event", tag=True):
    """Something that happened in a worker."""


class WorkerReady(WorkerEvent, frozen=True, tag="worker_ready"):
    """A worker's first word to the fleet: its self-check passed, its sockets are bound. Subscribers do not see it."""

    pid: int
    udp_port: int
    tcp_port: int | None = None


class TransportStateChanged(WorkerEvent, frozen=True, tag="transport_state_changed"):
    """`reason` for `failed` and `closed`: fingerprint, handshake, consent_expired, peer_closed."""

    room_id: str
    transport_id: str
    state: Literal["connecting", "connected", "failed", "closed"]
    reason: str = ""


class ConsumerLayersChanged(WorkerEvent, frozen=True, tag="consumer_layers_changed"):
    """The layers now forwarded; -1 when none flows. `reason`: requested, available, unavailable, bandwidth.

    `estimate`: what the path to the receiver was taken to carry when its layers were decided, in bits per second; None
    when its receiver tells nothing to estimate it from.
    """

    room_id: str
    consumer_id: str
    spatial_layer: int
    temporal_layer: int
    reason: str
    estimate: int | None = None


class ProducerLayersWanted(WorkerEvent, frozen=True, tag="producer_layers_wanted"):
    """Which spatial layers anybody wants, lowest first: the others need not be sent. None wanted: nothing need be."""

    room_id: str
    producer_id: str
    spatial_layers: list[bool]


class DataProducerClosed(WorkerEvent, frozen=True, tag="data_producer_closed"):
    """It closed by itself, and its consumers with it. `reason`: too_large (a message), association, slow (the
    server did not take what is for other workers)."""

    room_id: str
    data_producer_id: str
    reason: str


class DataConsumerClosed(WorkerEvent, frozen=True, tag="data_consumer_closed"):
    """It closed by itself. `reason`: slow (its receiver does not keep up), association."""

    room_id: str
    data_consumer_id: str
    reason: str


class DataPassedOn(WorkerEvent, frozen=True, tag="data_passed_on"):
    """A message for the other workers of its room; to be answered with SettleData. Subscribers do not see it."""

    room_id: str
    data_producer_id: str
    ppid: int
    data: bytes


class DataLagging(WorkerEvent, frozen=True, tag="data_lagging"):
    """Of a data producer of another worker: somebody here does not keep up with it, or all do again. As above."""

    room_id: str
    data_producer_id: str
    lagging: bool


class AudioLevels(WorkerEvent, frozen=True, tag="audio_levels"):
    """Who was audible in the last 250 ms: producer id to level, 127 the loudest. Not told while all is silent.

    `worker` is filled in by the fleet: each worker of a room that is spread tells of the microphones it hears.
    """

    room_id: str
    levels: dict[str, int]
    worker: int = 0


class TransportReported(WorkerEvent, frozen=True, tag="transport_reported"):
    """Every ten seconds, of each transport that has been connected."""

    room_id: str
    figures: TransportFigures


class WorkerLoad(WorkerEvent, frozen=True, tag="worker_load"):
    """Sent twice a second: sign of life, and what the fleet places rooms by.

    `cpu` is the share of one core, 0 to 1, `packet_rate` packets a second in both directions, both smoothed over some
    seconds. What follows `consumers` counts since the worker began; NACKs by sequence numbers.
    """

    cpu: float
    packet_rate: float
    rooms: int
    transports: int
    producers: int
    consumers: int
    packets_in: int
    packets_out: int
    bytes_in: int
    bytes_out: int
    nacks_sent: int
    nacks_received: int
    keyframe_requests_sent: int
    keyframe_requests_received: int
    drops: dict[str, int]


class WorkerDied(WorkerEvent, frozen=True, tag="worker_died"):
    """Told by the fleet, not by the worker: these rooms have lost their media, and are not open any more.

    `exit_code` is negative for a signal. `silent_s` is how long the worker had said nothing.
    """

    room_ids: list[str]
    exit_code: int | None
    worker: int = 0
    reason: Literal["exited", "hung"] = "exited"
    lived_s: float = 0.0
    silent_s: float = 0.0

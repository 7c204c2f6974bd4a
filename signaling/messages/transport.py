"""Messages about transports: ICE and DTLS with one browser."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from persistence.events.statistics import ConsumerFigures, Inbound, Outbound, ProducerFigures
from signaling.messages.model import (
    DtlsParameters,
    IceCandidate,
    IceParameters,
    IceServer,
    Id,
    Request,
    SctpParameters,
    Told,
)


class TransportCreate(Request):
    direction: Literal["send", "recv"]
    sctp: bool = False


class TransportCreated(Told):
    """Given to `device.createSendTransport()` or `createRecvTransport()` as it is."""

    id: str
    ice_parameters: IceParameters = Field(alias="iceParameters")
    ice_candidates: list[IceCandidate] = Field(alias="iceCandidates")
    dtls_parameters: DtlsParameters = Field(alias="dtlsParameters")
    sctp_parameters: SctpParameters | None = Field(None, alias="sctpParameters")
    ice_servers: list[IceServer] = Field(alias="iceServers")


class TransportConnect(Request):
    transport_id: Id
    dtls_parameters: DtlsParameters = Field(alias="dtlsParameters")


class TransportConnected(Told):
    """The parameters were taken; whether the handshake succeeds shows on the transport itself."""

    transport_id: str


class TransportRestartIce(Request):
    transport_id: Id


class IceRestarted(Told):
    """`iceServers` are new credentials, for `transport.updateIceServers()` before `restartIce()`."""

    transport_id: str
    ice_parameters: IceParameters = Field(alias="iceParameters")
    ice_servers: list[IceServer] = Field(alias="iceServers")


class TransportStats(Request):
    transport_id: Id


class TransportStatsReported(Told):
    """What the server has measured of the transport so far: sums over it, and each of its producers and consumers.

    `in` is what the server received from the client, `out` what it sent. `estimate` is what the path to the client is
    taken to carry, bits per second; absent while nothing tells.
    """

    transport_id: str
    direction: str
    state: str
    packets_in: int
    bytes_in: int
    packets_out: int
    bytes_out: int
    drops: dict[str, int]
    estimate: int | None = None
    inbound: Inbound
    outbound: Outbound
    producers: list[ProducerFigures]
    consumers: list[ConsumerFigures]
    left_out: int


class TransportClosed(Told):
    """Told to its owner. `reason`: fingerprint, handshake, peer_closed."""

    transport_id: str
    reason: str

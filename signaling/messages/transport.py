"""Messages about transports: ICE and DTLS with one browser."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

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


class TransportClosed(Told):
    """Told to its owner. `reason`: fingerprint, handshake, consent_expired, peer_closed."""

    transport_id: str
    reason: str

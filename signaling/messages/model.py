"""What all messages share, and the kinds of value they are made of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MEETING_ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"

MeetingId = Annotated[str, Field(pattern=MEETING_ID_PATTERN)]
Id = Annotated[str, Field(min_length=1, max_length=64)]
Kind = Literal["audio", "video"]
Source = Literal["microphone", "camera", "screen", "screen_audio"]
SpatialLayer = Annotated[int, Field(ge=0, le=7)]
Pixels = Annotated[int, Field(ge=1, le=16384)]
Priority = Annotated[int, Field(ge=1, le=255)]
TemporalLayer = Annotated[int, Field(ge=0, le=7)]


def _ortc(name: str) -> Any:
    """An ORTC object goes through as it is and is read by the SFU; `x-ortc` names its type in mediasoup-client."""
    return Field(json_schema_extra={"x-ortc": name})


RtpCapabilities = Annotated[dict[str, Any], _ortc("RtpCapabilities")]
RtpParameters = Annotated[dict[str, Any], _ortc("RtpParameters")]
DtlsParameters = Annotated[dict[str, Any], _ortc("DtlsParameters")]
IceParameters = Annotated[dict[str, Any], _ortc("IceParameters")]
IceCandidate = Annotated[dict[str, Any], _ortc("IceCandidate")]
SctpParameters = Annotated[dict[str, Any], _ortc("SctpParameters")]
SctpStreamParameters = Annotated[dict[str, Any], _ortc("SctpStreamParameters")]
IceServer = Annotated[dict[str, Any], _ortc("IceServer")]


class Request(BaseModel):
    """The payload of something a client asks. Strict: nothing is coerced, nothing unknown is let through."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Told(BaseModel):
    """What the server says: a reply, a notification, or a part of one.

    Dumped by alias, so that ORTC names keep their case, and without what is None, so that optional fields are absent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, serialize_by_alias=True)


class Error(Told):
    """Why a request was refused. `event` is the request's name; `retry_after`, in seconds, says when to try again."""

    code: str
    message: str
    event: str
    retry_after: float | None = None


class Handshake(Request):
    """`auth` of the Socket.IO CONNECT packet."""

    token: str


class ConnectRefused(Told):
    """`data` of the Socket.IO CONNECT_ERROR packet; `retry_after`, in seconds, says when to try again."""

    code: str
    message: str
    retry_after: float | None = None

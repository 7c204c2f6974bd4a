"""SCTP in ORTC's words: what an association offers, and how the messages of one stream travel (RFC 8831)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from sfu.ortc.model import Object, OrtcError, parse

SCTP_PORT = 5000
MAX_MESSAGE_BYTES = 262_144
"""REQUIREMENTS SFU-2, and what Chromium takes at most."""
STREAM_LIMIT = 1024
"""Streams of an association each way: as many as mediasoup offers; numbers from 0."""
NAME_BYTES = 255

StreamId = Annotated[int, Meta(ge=0, lt=STREAM_LIMIT)]
Limit = Annotated[int, Meta(ge=0, le=65_535)]


class SctpStreamParameters(Object, frozen=True):
    """Without limits a stream is reliable. `max_packet_life_time` is in milliseconds."""

    stream_id: StreamId
    ordered: bool = True
    max_packet_life_time: Limit | None = None
    max_retransmits: Limit | None = None

    def on(self, stream_id: int) -> SctpStreamParameters:
        """The same reliability on another stream."""
        return SctpStreamParameters(stream_id, self.ordered, self.max_packet_life_time, self.max_retransmits)


class _Stated(Object, frozen=True):
    """As a client says it."""

    stream_id: StreamId
    ordered: bool | None = None
    max_packet_life_time: Limit | None = None
    max_retransmits: Limit | None = None


def sctp_parameters() -> dict[str, Any]:
    """What a transport offers, as mediasoup-client takes it."""
    return {"port": SCTP_PORT, "OS": STREAM_LIMIT, "MIS": STREAM_LIMIT, "maxMessageSize": MAX_MESSAGE_BYTES}


def parse_sctp_stream_parameters(raw: object) -> SctpStreamParameters:
    """A stream is limited in time or in retransmissions, and then not ordered, as clients know it. Raises OrtcError."""
    stated = parse(raw, _Stated)
    if stated.max_packet_life_time and stated.max_retransmits:
        raise OrtcError("a stream has maxPacketLifeTime or maxRetransmits, not both")
    limited = bool(stated.max_packet_life_time or stated.max_retransmits)
    if limited and stated.ordered:
        raise OrtcError("a stream with maxPacketLifeTime or maxRetransmits is not ordered")
    ordered = not limited if stated.ordered is None else stated.ordered
    return SctpStreamParameters(stated.stream_id, ordered, stated.max_packet_life_time, stated.max_retransmits)


def check_name(name: str, what: str) -> str:
    """A label or a protocol: at most 255 bytes of UTF-8. Raises OrtcError."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise OrtcError(f"{what}: must be Unicode text") from None
    if size > NAME_BYTES:
        raise OrtcError(f"{what}: at most {NAME_BYTES} bytes")
    return name

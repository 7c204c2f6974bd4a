"""Messages about data channels: data producers and data consumers. What goes over them goes past signaling."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from signaling.messages.model import Id, Request, SctpStreamParameters, Told

NAME_BYTES: Final = 255


def _short(name: str) -> str:
    if len(name.encode()) > NAME_BYTES:
        raise ValueError(f"at most {NAME_BYTES} bytes of UTF-8")
    return name


ChannelName = Annotated[str, Field(max_length=NAME_BYTES), AfterValidator(_short)]


class DataProducerView(Told):
    """An open data producer: an entry of `data_producers[]`, and `data_producer:added`."""

    data_producer_id: str
    participant_id: str
    label: str
    protocol: str


class ProduceData(Request):
    """On a send transport made with `sctp`."""

    transport_id: Id
    sctp_stream_parameters: SctpStreamParameters = Field(alias="sctpStreamParameters")
    label: ChannelName = ""
    protocol: ChannelName = ""


class DataProducerCreated(Told):
    id: str


class DataProducerClose(Request):
    data_producer_id: Id


class DataProducerNamed(Told):
    """The data producer a reply or a notification is about."""

    data_producer_id: str


class DataProducerClosed(Told):
    """As a notification to its owner: it closed by itself. `reason`: too_large (a message), association."""

    data_producer_id: str
    reason: str | None = None


class ConsumeData(Request):
    """On a recv transport made with `sctp`."""

    transport_id: Id
    data_producer_id: Id


class DataConsumerCreated(Told):
    """Given to `transport.consumeData()`. What is sent before the client has done so, it may not hear."""

    id: str
    data_producer_id: str
    participant_id: str
    sctp_stream_parameters: SctpStreamParameters = Field(alias="sctpStreamParameters")
    label: str
    protocol: str


class DataConsumerClose(Request):
    data_consumer_id: Id


class DataConsumerClosed(Told):
    """As a notification: its producer has closed, or it did itself and `reason` says why: slow, association."""

    data_consumer_id: str
    reason: str | None = None

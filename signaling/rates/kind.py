"""Which requests share a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from signaling.messages.catalogue import REQUESTS


class RequestRate(StrEnum):
    """Each request counts against one of these."""

    REQUEST = "request"
    MEDIA = "media"  # transports, producers and consumers: many of them when somebody joins
    CHAT = "chat"  # what is written: messages, pages of them, names
    CREATION = "creation"  # what stays after its maker has gone
    JOIN = "join"  # looks into the database, may check a password


_BY_EVENT: Final[Mapping[str, RequestRate]] = MappingProxyType(
    {
        "room:create": RequestRate.CREATION,
        "poll:create": RequestRate.CREATION,
        "room:join": RequestRate.JOIN,
        "chat:send": RequestRate.CHAT,
        "chat:edit": RequestRate.CHAT,
        "chat:delete": RequestRate.CHAT,
        "chat:list": RequestRate.CHAT,
        "participant:rename": RequestRate.CHAT,
        "produce": RequestRate.MEDIA,
        "consume": RequestRate.MEDIA,
        "produce_data": RequestRate.MEDIA,
        "consume_data": RequestRate.MEDIA,
    }
)

_BY_SUBJECT: Final[Mapping[str, RequestRate]] = MappingProxyType(
    {
        "transport": RequestRate.MEDIA,
        "producer": RequestRate.MEDIA,
        "consumer": RequestRate.MEDIA,
        "data_producer": RequestRate.MEDIA,
        "data_consumer": RequestRate.MEDIA,
    }
)
"""By what stands before the colon, for requests that have no line of their own."""


def rate_of(event: str) -> RequestRate:
    """What is no request of the catalogue counts as any other request."""
    if event not in REQUESTS:
        return RequestRate.REQUEST
    return _BY_EVENT.get(event) or _BY_SUBJECT.get(event.partition(":")[0], RequestRate.REQUEST)

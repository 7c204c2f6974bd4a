"""Facts about data channels. What goes over them is not recorded."""

from __future__ import annotations

from .payload import Identifier, Payload, Reason, Text


class DataChannelOpened(Payload):
    """The event's participant sends on it from now on; `label` and `protocol` are their own words."""

    type = "data_channel.opened"

    data_producer_id: Identifier
    label: Text
    protocol: Text


class DataChannelClosed(Payload):
    """`reason`: closed, too_large, association, worker_died, transport_*, or why the participant left."""

    type = "data_channel.closed"

    data_producer_id: Identifier
    label: Text
    reason: Reason

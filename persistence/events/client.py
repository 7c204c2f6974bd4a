"""Facts that only a participant's own client can know. They are its word: nothing is derived from them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .payload import Identifier, Payload, Reason

_DAY_MS = 86_400_000


class ClientVideoFroze(Payload):
    """A picture somebody watched stood still for `frozen_ms`."""

    type = "client.video_froze"

    producer_id: Identifier
    frozen_ms: Annotated[int, Field(ge=0, le=_DAY_MS)]


class ClientDeviceFailed(Payload):
    """A camera, microphone, speaker or screen could not be used. `error`: the kind of failure, as the client
    names it."""

    type = "client.device_failed"

    device: Literal["microphone", "camera", "speaker", "screen"]
    error: Reason


class ClientNetworkChanged(Payload):
    """The client's way to the network changed or was lost, as it saw it."""

    type = "client.network_changed"

    online: bool
    network: Literal["wired", "wireless", "cellular", "unknown"] = "unknown"


class ClientMediaFailed(Payload):
    """Sound and picture did not get through. `report_id` is what the person was shown, to pass on to whoever helps;
    `relayed`: they had gone through a TURN server alone."""

    type = "client.media_failed"

    report_id: Reason
    relayed: bool = False

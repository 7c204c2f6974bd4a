"""Facts about events that could not be stored."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .payload import Identifier, Payload


class FailedEventsRetried(Payload):
    """An operator has them tried again: `waiting` of them, before the first is."""

    type = "failed_events.retried"
    personal = False

    waiting: Annotated[int, Field(ge=0)]
    by: Identifier

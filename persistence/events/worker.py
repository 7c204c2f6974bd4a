"""Facts about the media workers behind a meeting."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .payload import Payload

Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


class WorkerDied(Payload):
    """The worker that carried the meeting's media is gone; its `producers` ended with it.

    `exit_code` is negative for a signal. `lived_s` is how long the worker ran, `silent_s` how long it had said nothing.
    """

    type = "worker.died"
    personal = False

    worker: Count
    reason: Literal["exited", "hung"]
    exit_code: int | None = None
    lived_s: Seconds
    silent_s: Seconds
    participants: Count
    producers: Count


class RoomRecovered(Payload):
    """The meeting's media can be made anew. `duration_s` is since the first of the `deaths` that it outlived."""

    type = "room.recovered"
    personal = False

    duration_s: Seconds
    deaths: Count
    participants: Count

"""What the people of a meeting may do there, apart from its hosts: the meeting's setting, and what hosts change."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Features(BaseModel):
    """`unmute` and `start_video`: whether people may switch on their own microphone and camera."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, json_schema_serialization_defaults_required=True
    )

    chat: bool = True
    screen_share: bool = True
    reactions: bool = True
    unmute: bool = True
    start_video: bool = True

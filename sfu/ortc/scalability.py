"""Scalability modes (WebRTC-SVC, "L3T3_KEY"): how many layers an encoding holds."""

from __future__ import annotations

import re
from typing import NamedTuple

_MODE = re.compile(r"^([LS])([1-9])T([1-9])(?:h)?(?:_KEY(?:_SHIFT)?)?$")


class Scalability(NamedTuple):
    spatial_layers: int
    temporal_layers: int


def parse_scalability_mode(mode: str | None) -> Scalability:
    """One layer of each for an absent or unknown mode, as mediasoup-client has it."""
    match = _MODE.match(mode or "")
    return Scalability(int(match[2]), int(match[3])) if match else Scalability(1, 1)

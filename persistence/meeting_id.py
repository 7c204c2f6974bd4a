"""Codes people read to each other."""

from __future__ import annotations

from random import Random
from typing import Final

ALPHABET: Final = "abcdefghjkmnopqrstuvwxyz23456789"
"""32 signs, five bits each: without `i`, `l`, `0` and `1`, so that none is taken for another."""

_GROUP: Final = 4
_GROUPS: Final = 3


def generate_meeting_id(rng: Random) -> str:
    """A code such as `abcd-efgh-jkmn`: 12 signs of `ALPHABET`, 60 bits, so that codes cannot be found by trying."""
    return "-".join("".join(rng.choices(ALPHABET, k=_GROUP)) for _ in range(_GROUPS))

"""What signaling counts, for the metrics to take."""

from __future__ import annotations

from collections import Counter
from typing import Final

UNKNOWN_EVENT: Final = "unknown"
"""All names a client makes up are counted under this one, so that the number of series stays bounded."""


class Counters:
    """`requests` by (event, "ok" or error code); `refused` by the reason why a connection or packet was not served.

    `facts_dropped` by type: what nobody asked for and the record did not take.
    `ranks_dropped` by reason: a speaker's or spotlit camera that was not put first in others' bandwidth.
    `superseded`: notifications a client that is behind was spared, because a later one said more.
    `recoveries` of rooms whose worker died, by outcome (recovered, failed), and `recovery_s`, the seconds they took.
    """

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[str] = Counter()
        self.facts_dropped: Counter[str] = Counter()
        self.ranks_dropped: Counter[str] = Counter()
        self.recoveries: Counter[str] = Counter()
        self.recovery_s = 0.0
        self.superseded = 0

    def refuse(self, reason: str) -> None:
        self.refused[reason] += 1

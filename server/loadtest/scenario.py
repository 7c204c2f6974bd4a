"""What a load test does: how many rooms, who is in them, and what they send."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import msgspec

MAX_ENCODINGS = 3
READY = b'"ready"\n'
"""What a generator says before it is told when to begin."""


class Scenario(msgspec.Struct, frozen=True):
    """Bitrates in kbit/s, lowest encoding first; times in seconds."""

    url: str
    rooms: int = 1
    publishers: int = 1
    subscribers: int = 10
    publishers_watch: bool = False
    """Publishers consume each other as people in a meeting do; otherwise only subscribers consume."""
    video_kbps: tuple[int, ...] = (100, 300, 900)
    frames_per_s: int = 30
    audio: bool = True
    duration_s: float = 30.0
    joins_per_s: float = 20.0

    @property
    def people(self) -> int:
        return self.rooms * (self.publishers + self.subscribers)

    @property
    def joining_s(self) -> float:
        """How long it takes until the last one has been sent in."""
        return self.people / self.joins_per_s

    def problems(self) -> list[str]:
        """In words for whoever typed it; empty when it can be run."""
        found = []
        if not self.url.startswith(("http://", "https://")):
            found.append("--url is an http or https address")
        if not 0 <= len(self.video_kbps) <= MAX_ENCODINGS or any(rate <= 0 for rate in self.video_kbps):
            found.append(f"--video takes up to {MAX_ENCODINGS} positive bitrates in kbit/s, as in 100,300,900")
        if not self.video_kbps and not self.audio:
            found.append("without video and audio there is nothing to send")
        return found


class Place(msgspec.Struct, frozen=True):
    """One participant to be: who they are, and when and where they join."""

    meeting_id: str
    token: str
    publishes: bool
    watches: bool
    joins_at_s: float


class Share(msgspec.Struct, frozen=True):
    """What one generator process is to do."""

    scenario: Scenario
    places: list[Place]


Issue = Callable[[str, str], str]
"""A token for this identity and meeting."""


def places(scenario: Scenario, issue: Issue) -> Iterator[Place]:
    """Room by room, publishers first, so that whoever comes after finds something to consume."""
    step = 1 / scenario.joins_per_s
    number = 0
    for room in range(scenario.rooms):
        meeting_id = f"load-{secrets.token_hex(8)}"
        for seat in range(scenario.publishers + scenario.subscribers):
            publishes = seat < scenario.publishers
            yield Place(
                meeting_id=meeting_id,
                token=issue(f"load-test:{room}:{seat}", meeting_id),
                publishes=publishes,
                watches=scenario.publishers_watch or not publishes,
                joins_at_s=number * step,
            )
            number += 1


def divide(scenario: Scenario, all_places: list[Place], processes: int) -> list[Share]:
    """Every n-th place to each process, so that all of them are busy from the first join on."""
    return [Share(scenario, own) for index in range(processes) if (own := all_places[index::processes])]

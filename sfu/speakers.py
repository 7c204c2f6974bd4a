"""Who has the floor: one speaker a room, by how loud microphones are, and not by every cough.

Pure: levels and the time go in, a name comes out. The times are what people are used to: a speaker is taken for one
after a syllable or two, is not interrupted by somebody who only agrees, and keeps the floor over a pause for breath.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ATTACK_S = 0.4
"""Audible for so long in all, somebody takes a floor that nobody has."""
TAKEOVER_S = 0.8
"""Audible for so long in all while louder than the speaker, somebody takes theirs. Pauses do not count."""
HOLD_S = 1.5
"""Nobody is interrupted sooner after they began."""
SILENCE_S = 4.0
"""Without a word for so long, the speaker is nobody."""
RISE_S, FALL_S = 0.3, 2.0
"""What a level takes to be believed, upwards and downwards: speech is mostly pauses."""
AUDIBLE = 62.0
"""Of a level; -65 dBov."""
FAINT = 45.0
"""Of what is believed of it."""
MARGIN = 6.0
"""In dB, above the speaker."""


@dataclass(slots=True)
class _Voice:
    level: float = 0.0
    heard_at: float = 0.0
    speaks: bool = False


class Floor:
    """One room's. Names are the caller's: producer ids."""

    def __init__(self) -> None:
        self.speaker: str | None = None
        self._voices: dict[str, _Voice] = {}
        self._began_at = 0.0
        self._updated_at: float | None = None
        self._challenger: tuple[str, float] | None = None

    def hear(self, levels: Mapping[str, float], now: float) -> bool:
        """Levels of those who were audible, 0 to 127; all others were silent. Returns whether the speaker changed."""
        elapsed = 0.0 if self._updated_at is None else max(now - self._updated_at, 0.0)
        self._updated_at = now
        for name in levels:
            self._voices.setdefault(name, _Voice(heard_at=now))
        for name, voice in list(self._voices.items()):
            level = levels.get(name, 0.0)
            pace = RISE_S if level > voice.level else FALL_S
            voice.level += (level - voice.level) * min(elapsed / pace, 1.0)
            voice.speaks = level >= AUDIBLE
            if voice.speaks:
                voice.heard_at = now
            if now - voice.heard_at > SILENCE_S and name != self.speaker:
                del self._voices[name]
        return self._judge(now, elapsed)

    def forget(self, name: str) -> bool:
        """Their microphone is gone. Returns whether the speaker changed."""
        self._voices.pop(name, None)
        if self._challenger is not None and self._challenger[0] == name:
            self._challenger = None
        if self.speaker != name:
            return False
        self.speaker = None
        return True

    def _judge(self, now: float, elapsed: float) -> bool:
        current = self._voices.get(self.speaker) if self.speaker is not None else None
        if self.speaker is not None and (current is None or now - current.heard_at >= SILENCE_S):
            self._voices.pop(self.speaker, None)
            self.speaker, self._challenger = None, None
            return True
        challenger = self._loudest(above=FAINT if current is None else max(FAINT, current.level + MARGIN))
        if challenger is None or challenger == self.speaker:
            self._challenger = None
            return False
        spoken = self._challenger[1] if self._challenger is not None and self._challenger[0] == challenger else 0.0
        spoken += elapsed if self._voices[challenger].speaks else 0.0
        self._challenger = (challenger, spoken)
        patience = ATTACK_S if current is None else TAKEOVER_S
        held = current is not None and now - self._began_at < HOLD_S
        if held or spoken < patience:
            return False
        self.speaker, self._began_at, self._challenger = challenger, now, None
        return True

    def _loudest(self, *, above: float) -> str | None:
        loudest = max(self._voices, key=lambda name: (self._voices[name].level, name), default=None)
        return loudest if loudest is not None and self._voices[loudest].level >= above else None

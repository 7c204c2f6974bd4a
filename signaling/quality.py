"""How well a connection does, as one number: a mean opinion score as in ITU-T G.107, in its usual short form. Pure."""

from __future__ import annotations

BEST: float = 4.5
WORST: float = 1.0
_UNDISTURBED = 93.2
_LOSS_WEIGHT = 2.5
_PROCESSING_MS = 10.0
_NOTICEABLE_MS = 160.0


def opinion_score(*, rtt_ms: float, jitter_ms: float, loss: float) -> float:
    """1 to 4.5. Delay counts one way, jitter twice as the buffer against it does; `loss` is a share, 0 to 1."""
    delay_ms = rtt_ms / 2 + 2 * jitter_ms + _PROCESSING_MS
    impairment = delay_ms / 40 if delay_ms < _NOTICEABLE_MS else (delay_ms - 120) / 10
    rating = _UNDISTURBED - impairment - _LOSS_WEIGHT * 100 * loss
    rating = min(max(rating, 0.0), 100.0)
    score = 1 + 0.035 * rating + 7e-6 * rating * (rating - 60) * (100 - rating)
    return round(min(max(score, WORST), BEST), 2)

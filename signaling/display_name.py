"""Names as people chose them, made safe to show beside others."""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_GRAPHEMES: Final = 64
MAX_CHARACTERS: Final = 255
"""As wide as the columns that keep names; only names of many-part emoji come near it."""
MAX_MARKS: Final = 4
"""Combining signs kept on one base: more than any script stacks, fewer than it takes to paint over the page."""

_JOINER: Final = "\N{ZERO WIDTH JOINER}"
_DROPPED: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_BIDI: Final = frozenset(
    "\N{ARABIC LETTER MARK}\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}"
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # embeddings, overrides, isolates
)
_INVISIBLE: Final = frozenset("\N{ZERO WIDTH SPACE}\N{WORD JOINER}\N{ZERO WIDTH NO-BREAK SPACE}\N{SOFT HYPHEN}")


def clean_display_name(name: str | None, *, fallback: str) -> str:
    """A name that is safe to show beside others: NFC, trimmed, at most 64 graphemes, nothing unseen that reorders text.

    Empty after cleaning: the `fallback`, cleaned likewise; empty too: "Guest".
    """
    return cleaned(name or "") or cleaned(fallback) or "Guest"


def cleaned(name: str) -> str:
    """The same, and empty when nothing of the name is left."""
    kept = "".join(sign for sign in name[: MAX_GRAPHEMES * 32] if sign.isspace() or _may_stay(sign))
    spaced = " ".join(kept.split())
    name = "".join(_graphemes(unicodedata.normalize("NFC", spaced))[:MAX_GRAPHEMES])
    return name[:MAX_CHARACTERS].strip(f" {_JOINER}")


def _may_stay(sign: str) -> bool:
    return unicodedata.category(sign) not in _DROPPED and sign not in _BIDI and sign not in _INVISIBLE


def _graphemes(text: str) -> list[str]:
    """What a reader takes for one sign: a base with its marks, joined emoji, a flag (UAX 29, without Hangul parts)."""
    clusters: list[str] = []
    for sign in text:
        if clusters and _extends(clusters[-1], sign):
            if len(clusters[-1]) < MAX_MARKS * 4 and _marks(clusters[-1]) < MAX_MARKS:
                clusters[-1] += sign
        else:
            clusters.append(sign)
    return clusters


def _extends(cluster: str, sign: str) -> bool:
    joins = _is_mark(sign) or sign == _JOINER or cluster[-1] == _JOINER or "\U0001f3fb" <= sign <= "\U0001f3ff"
    return joins or (_is_regional(sign) and len(cluster) == 1 and _is_regional(cluster))


def _marks(cluster: str) -> int:
    """How many marks stand at the end of the cluster."""
    return next((count for count, sign in enumerate(reversed(cluster)) if not _is_mark(sign)), len(cluster))


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign) in {"Mn", "Mc", "Me"}


def _is_regional(sign: str) -> bool:
    return "\U0001f1e6" <= sign <= "\U0001f1ff"

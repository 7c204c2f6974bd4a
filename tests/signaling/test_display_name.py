"""Names are safe to show beside others, whatever was typed (case 58 of the threat model)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.display_name import MAX_CHARACTERS, clean_display_name


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Ada \t Lovelace ", "Ada Lovelace"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\x1b[31mb\x00\nc", "a[31mb c"),
        ("e\u0301", "\u00e9"),
        ("Ada \x08 Lovelace", "Ada Lovelace"),
        ("<img onerror>", "<img onerror>"),
        ("\u200b\u2060\ufeff", "Token"),
        ("", "Token"),
        (None, "Token"),
        ("x" * 10_000, "x" * 64),
        ("👩‍👩‍👧‍👦" * 3, "👩‍👩‍👧‍👦" * 3),
        ("🇩🇪" * 70, "🇩🇪" * 64),
        ("e" + "\u0323" * 100, "\u1eb9" + "\u0323" * 4),
    ],
)
def test_a_name_is_cleaned(typed: str | None, shown: str) -> None:
    assert clean_display_name(typed, fallback="Token") == shown


@given(st.text(max_size=400), st.text(max_size=20))
def test_a_clean_name_is_never_empty_or_too_long_and_hides_nothing(typed: str, fallback: str) -> None:
    name = clean_display_name(typed, fallback=fallback)
    assert 0 < len(name) <= MAX_CHARACTERS
    assert not any(unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} or sign in "\u202e\u2066" for sign in name)
    assert clean_display_name(name, fallback="other") == name

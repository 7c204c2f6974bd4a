"""Whose pages may open a signaling connection."""

from __future__ import annotations

import pytest

from signaling.gateway import allowed_origins

HERE = {"HTTP_HOST": "meet.example.org"}


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://meet.example.org", True),
        ("https://app.example.com", True),
        ("https://evil.example.com", False),
        ("https://meet.example.org.evil.example.com", False),
        ("null", False),
    ],
)
def test_the_servers_own_pages_and_the_configured_ones_may_connect(origin: str, allowed: bool) -> None:
    check = allowed_origins(("https://app.example.com",))
    assert check is not None
    assert check(origin, HERE) is allowed


def test_without_configured_origins_the_library_admits_the_servers_own_alone() -> None:
    assert allowed_origins(()) is None

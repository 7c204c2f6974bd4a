"""The protocol in prose says all that there is, as it is."""

from __future__ import annotations

import re

import pytest

from config.rates import RateSettings
from signaling.errors import ErrorCode
from signaling.messages.catalogue import NOTIFICATIONS, REQUESTS
from signaling.tables import README, filled_in

PROSE = README.read_text()


def test_the_tables_are_those_of_the_catalogue() -> None:
    assert filled_in(PROSE) == PROSE, "run python -m signaling.tables"


def test_every_request_and_notification_has_its_row() -> None:
    rows = re.findall(r"^\| `([a-z_:]+)` ", PROSE, re.MULTILINE)
    assert set(REQUESTS) | set(NOTIFICATIONS) <= set(rows)


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_is_explained(code: ErrorCode) -> None:
    assert f"| `{code}` |" in PROSE


def test_the_limits_are_those_that_hold() -> None:
    rates = RateSettings()
    for kind, burst, per_s in (
        ("request", rates.requests_burst, rates.requests_per_s),
        ("media", rates.media_burst, rates.media_per_s),
        ("chat", rates.chat_burst, rates.chat_per_s),
        ("creation", rates.creation_burst, rates.creations_per_s),
        ("join", rates.join_burst, rates.joins_per_s),
    ):
        assert f"| {kind} | {burst} | {per_s:g} |" in PROSE
    assert (rates.arrivals_per_s, rates.arrivals_burst) == (100, 500)
    assert (rates.user_arrivals_per_s, rates.user_arrivals_burst) == (5, 50)
    assert "5 a second of one user on all connections, after a first 50" in PROSE
    tries = (rates.password_tries_per_min, rates.password_tries_per_address, rates.password_tries_per_meeting)
    assert tries == (10, 60, 600)
    assert "ten a minute by one user at whatever meetings, sixty from one address and six hundred by everybody" in PROSE
    assert (rates.waiting_per_address, rates.connections_per_address) == (1024, 4096)

"""The figures that clients and operators are promised, as they are when nobody has set them."""

from __future__ import annotations

from config.rates import RateSettings
from config.settings import LimitSettings
from server.connections import HEADER_WITHIN_S
from signaling.credentials import GRACE_S
from signaling.gateway import MAX_MESSAGE_BYTES, PING_EVERY_S, PONG_WITHIN_S
from signaling.outbound import MAX_BYTES
from signaling.posts import MAX_PACKETS
from signaling.rates.addresses import CONNECT_WITHIN_S


def test_the_figures_are_those_that_were_promised() -> None:
    """Other tests make most of them small; here is what they are for everybody else."""
    limits, rates = LimitSettings(), RateSettings()
    assert limits.resume_within_s == 30
    assert CONNECT_WITHIN_S == 5
    assert HEADER_WITHIN_S == 10
    assert MAX_MESSAGE_BYTES == 64 * 1024
    assert MAX_BYTES == 1024 * 1024
    assert MAX_PACKETS == 256
    assert (limits.presence_ttl_s, limits.remind_before_s) == (300, 300)
    assert GRACE_S == 60
    assert PING_EVERY_S + PONG_WITHIN_S == 20
    assert (rates.waiting_per_address, rates.failures_per_min) == (1024, 1000)

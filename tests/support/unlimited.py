"""For tests of something else than limits."""

from __future__ import annotations

import time

from config.rates import RateSettings
from server.api.limits import HttpLimits
from signaling.rates.quota import MemoryQuotas


def unlimited() -> HttpLimits:
    return HttpLimits(RateSettings(enabled=False), MemoryQuotas(time.monotonic))

"""What decides who comes in and how much they may do, handed to signaling from outside."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from signaling.identity import Authenticate, Revoked, never_revoked, nobody
from signaling.passwords import Passwords
from signaling.rates.quota import MemoryQuotas, Quotas


def _counted_here() -> Quotas:
    return MemoryQuotas(time.monotonic)


@dataclass(frozen=True)
class Guards:
    """Unless said otherwise no token is taken, and users and addresses are counted in this process alone.

    `passwords` are those of meetings.
    """

    authenticate: Authenticate = nobody
    revoked: Revoked = never_revoked
    passwords: Passwords = field(default_factory=Passwords)
    quotas: Quotas = field(default_factory=_counted_here)

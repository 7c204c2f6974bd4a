"""What users and addresses may do, counted in this process."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from signaling.rates.bucket import Allowance, Buckets

MAX_KEYS: Final = 100_000
"""Addresses and users remembered at a time. Beyond, whoever was silent longest starts afresh."""

IPV6_NETWORK_BITS: Final = 64
"""What one customer is given at least (RFC 6177): single addresses of it are free to choose."""


@dataclass(frozen=True, slots=True)
class Quota:
    """`amount` in `per_s` seconds, for each key that is counted under `name`."""

    name: str
    amount: int
    per_s: int


class Quotas(Protocol):
    async def spend(self, quota: Quota, key: str) -> float:
        """0 when the key had one left, else the seconds until it has. Never raises."""
        ...

    async def wait_s(self, quota: Quota, key: str) -> float:
        """What `spend` would answer, without spending. Never raises."""
        ...


class MemoryQuotas:
    """Counted here alone. `clock` answers seconds; only differences count."""

    def __init__(self, clock: Callable[[], float], *, most: int = MAX_KEYS) -> None:
        self._clock = clock
        self._buckets = Buckets(most)

    @property
    def known(self) -> int:
        """How many users and addresses are remembered."""
        return len(self._buckets)

    async def spend(self, quota: Quota, key: str) -> float:
        now = self._clock()
        return self._buckets.of((quota.name, key), Allowance(quota.amount / quota.per_s, quota.amount), now).take(now)

    async def wait_s(self, quota: Quota, key: str) -> float:
        bucket = self._buckets.get((quota.name, key))
        return bucket.wait_s(self._clock()) if bucket is not None else 0.0


def address_key(address: str) -> str:
    """Under which an address is counted: itself, of IPv6 its network, mapped IPv4 as IPv4."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))

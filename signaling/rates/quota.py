"""What users and addresses may do, counted in this process."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from signaling.rates.bucket import Allowance, Bucket

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


class MemoryQuotas:
    """Counted here alone. `clock` answers seconds; only differences count."""

    def __init__(self, clock: Callable[[], float], *, most: int = MAX_KEYS) -> None:
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()

    @property
    def known(self) -> int:
        """How many users and addresses are remembered."""
        return len(self._buckets)

    async def spend(self, quota: Quota, key: str) -> float:
        now = self._clock()
        name = (quota.name, key)
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = Bucket(Allowance(quota.amount / quota.per_s, quota.amount), now)
            self._buckets[name] = bucket
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(name)
        return bucket.take(now)


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
